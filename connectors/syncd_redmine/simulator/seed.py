"""What an administrator has set up in the simulated Redmine: Redmine's default data in English, and one project.

Statuses, priorities, trackers, roles and workflow are those of a new Redmine 5.0 (lib/redmine/default_data/loader.rb);
the role of syncd is what connectors/syncd_redmine/README.md asks for. Numbers are those that a new server gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd.sdk.testing.simulator import Account

ADMIN = Account("1", "Redmine Admin", "admin@eng.test", token="a" * 40, scopes=frozenset({"admin"}))
BOT = Account("5", "Sync Bot", "syncbot@eng.test", token="b" * 40)
ALICE = Account("6", "Alice Engineer", "alice@eng.test", token="c" * 40)
BOB = Account("7", "Bob Developer", "bob@eng.test", token="d" * 40)
RITA = Account("8", "Rita Reporter", "rita@eng.test", token="e" * 40)
OUTSIDER = Account("9", "No Member", "outsider@eng.test", token="f" * 40)
PEOPLE = (ADMIN, BOT, ALICE, BOB, RITA, OUTSIDER)

SEEDED = datetime(2026, 1, 1, tzinfo=UTC)
NEW, IN_PROGRESS, RESOLVED, FEEDBACK, CLOSED, REJECTED = 1, 2, 3, 4, 5, 6
BUG, FEATURE, SUPPORT = 1, 2, 3
NON_MEMBER, MANAGER, DEVELOPER, REPORTER, SYNC_BOT = 1, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Word:
    """A status, a priority or a tracker."""

    id: int
    name: str
    is_closed: bool = False


STATUSES = {
    word.id: word
    for word in (
        Word(NEW, "New"),
        Word(IN_PROGRESS, "In Progress"),
        Word(RESOLVED, "Resolved"),
        Word(FEEDBACK, "Feedback"),
        Word(CLOSED, "Closed", is_closed=True),
        Word(REJECTED, "Rejected", is_closed=True),
    )
}
PRIORITIES = {
    number: Word(number, name) for number, name in enumerate(("Low", "Normal", "High", "Urgent", "Immediate"), 1)
}
NORMAL = 2
TRACKERS = {number: Word(number, name) for number, name in enumerate(("Bug", "Feature", "Support"), 1)}


@dataclass(slots=True)
class Role:
    """`transitions`: (old status, new status) that its members may make, of issues of any tracker."""

    id: int
    name: str
    permissions: tuple[str, ...]
    transitions: set[tuple[int, int]] = field(default_factory=set)
    issues_visibility: str = "default"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of issues of all projects, for bugs and features; `options` of a list, else it is a line of text."""

    id: int
    name: str
    options: tuple[str, ...] = ()
    max_length: int | None = None
    is_filter: bool = True
    trackers: tuple[int, ...] = (BUG, FEATURE)


LINK_FIELD, SEVERITY = "Support ticket URL", "Severity"
CUSTOM_FIELDS = {
    1: CustomField(1, LINK_FIELD, max_length=500),
    2: CustomField(2, SEVERITY, options=("S1", "S2", "S3", "S4")),
}


def roles() -> dict[int, Role]:
    """New ones, because an administrator may change the workflow."""
    everywhere = {(old, new) for old in STATUSES for new in STATUSES if old != new}
    unfinished = (NEW, IN_PROGRESS, RESOLVED, FEEDBACK)
    forth = {(old, new) for old in unfinished for new in (IN_PROGRESS, RESOLVED, FEEDBACK, CLOSED) if old != new}
    closing = {(old, CLOSED) for old in unfinished} | {(RESOLVED, FEEDBACK)}
    found = (
        Role(NON_MEMBER, "Non member", _names(_NON_MEMBER)),
        Role(MANAGER, "Manager", _names(_MANAGER), set(everywhere), "all"),
        Role(DEVELOPER, "Developer", _names(_DEVELOPER), forth),
        Role(REPORTER, "Reporter", _names(_REPORTER), closing),
        Role(SYNC_BOT, "Sync bot", _names(_SYNC_BOT), set(everywhere), "all"),
    )
    return {role.id: role for role in found}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_MANAGER = """
add_project edit_project close_project delete_project select_project_modules manage_members manage_versions
add_subprojects manage_public_queries save_queries view_issues add_issues edit_issues edit_own_issues copy_issues
manage_issue_relations manage_subtasks set_issues_private set_own_issues_private add_issue_notes edit_issue_notes
edit_own_issue_notes view_private_notes set_notes_private delete_issues view_issue_watchers add_issue_watchers
delete_issue_watchers import_issues manage_categories view_time_entries log_time edit_time_entries
edit_own_time_entries manage_project_activities log_time_for_other_users import_time_entries view_news manage_news
comment_news view_documents add_documents edit_documents delete_documents view_files manage_files view_wiki_pages
view_wiki_edits export_wiki_pages edit_wiki_pages rename_wiki_pages delete_wiki_pages delete_wiki_pages_attachments
view_wiki_page_watchers add_wiki_page_watchers delete_wiki_page_watchers protect_wiki_pages manage_wiki
view_changesets browse_repository commit_access manage_related_issues manage_repository view_messages add_messages
edit_messages edit_own_messages delete_messages delete_own_messages view_message_watchers add_message_watchers
delete_message_watchers manage_boards view_calendar view_gantt
"""
_DEVELOPER = """
manage_versions manage_categories view_issues add_issues edit_issues view_private_notes set_notes_private
manage_issue_relations manage_subtasks add_issue_notes save_queries view_gantt view_calendar log_time
view_time_entries view_news comment_news view_documents view_wiki_pages view_wiki_edits edit_wiki_pages
delete_wiki_pages view_messages add_messages edit_own_messages view_files manage_files browse_repository
view_changesets commit_access manage_related_issues
"""
_REPORTER = """
view_issues add_issues add_issue_notes save_queries view_gantt view_calendar log_time view_time_entries view_news
comment_news view_documents view_wiki_pages view_wiki_edits view_messages add_messages edit_own_messages view_files
browse_repository view_changesets
"""
_NON_MEMBER = """
view_issues add_issues add_issue_notes save_queries view_gantt view_calendar view_time_entries view_news comment_news
view_documents view_wiki_pages view_wiki_edits view_messages add_messages view_files browse_repository view_changesets
"""
_SYNC_BOT = """
view_issues add_issues edit_issues add_issue_notes edit_own_issue_notes view_private_notes set_notes_private
set_issues_private set_own_issues_private manage_issue_relations view_issue_watchers add_issue_watchers
"""
