"""From the config to the channels themselves."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from syncd.channels.config import ChannelConfig, EmailConfig, SlackConfig, TeamsConfig, WebhookConfig
from syncd.channels.port import Channel


def opened(configs: Mapping[str, ChannelConfig], *, secret: bytes) -> dict[str, Channel]:
    """A channel for each entry; nobody is contacted yet.

    Args:
        secret: keys the fingerprints, so that they tell nothing of the passwords in them.
    """
    return {name: _opened(name, config, _fingerprint(config, secret)) for name, config in configs.items()}


def _opened(name: str, config: ChannelConfig, fingerprint: str) -> Channel:
    match config:  # late imports: whoever has no such channel does not load its library
        case SlackConfig():
            from syncd.channels.slack import Slack

            return Slack(name, config, fingerprint=fingerprint)
        case TeamsConfig():
            from syncd.channels.teams import Teams

            return Teams(name, config, fingerprint=fingerprint)
        case EmailConfig():
            from syncd.channels.mail import Mail

            return Mail(name, config, fingerprint=fingerprint)
        case WebhookConfig():
            from syncd.channels.webhook import Webhook

            return Webhook(name, config, fingerprint=fingerprint)
    raise TypeError(f"no channel is of the kind {config.kind}")


def _fingerprint(config: ChannelConfig, secret: bytes) -> str:
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in config}
    return hmac.new(secret, repr(sorted(plain.items())).encode(), hashlib.sha256).hexdigest()[:24]
