"""The vendor in memory keeps every promise of a connector in each character; one that breaks a promise is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from syncd.sdk.connector import Capability
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character, collapse, crlf, trim
from syncd.sdk.testing.conformance import ConnectorTests
from syncd.sdk.testing.memory import MemoryConnector
from syncd.sdk.testing.memory_world import MemoryWorld


class MemoryTests(ConnectorTests):
    character: Character

    @pytest.fixture
    def world(self) -> MemoryWorld:
        return MemoryWorld(self.character)

    @pytest.fixture
    def connector(self, world: MemoryWorld) -> MemoryConnector:
        return MemoryConnector(vendor=world.vendor)


class TestHelpful(MemoryTests):
    character = HELPFUL


class TestBlind(MemoryTests):
    character = BLIND


class TestTracker(MemoryTests):
    character = TRACKER


class TestGuardedBySeconds(MemoryTests):
    """Guarded by a stamp of whole seconds, and rewriting every text."""

    character = replace(HELPFUL, whole_seconds=True, text=(trim, collapse), rich=(crlf, trim))


class TestStrict(MemoryTests):
    """A workflow in which some statuses cannot be reached at all."""

    character = replace(HELPFUL, workflow={"new": frozenset({"open"})}, final="open")


class TestBare(MemoryTests):
    """Nothing beyond what every vendor has."""

    character = replace(BLIND, capabilities=frozenset())


class TestDiscreet(MemoryTests):
    """A vendor through which no text reaches a customer."""

    character = replace(HELPFUL, capabilities=HELPFUL.capabilities | {Capability.ONLY_INTERNAL_COMMENTS})


class TestHooksThatEnd(MemoryTests):
    """A vendor that drops a webhook after thirty days."""

    character = replace(HELPFUL, hook_life=timedelta(days=30))


class TestFilesOnTickets(MemoryTests):
    character = replace(HELPFUL, capabilities=HELPFUL.capabilities - {Capability.FILES} | {Capability.TICKET_FILES})
