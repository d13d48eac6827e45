"""Jira's permissions: those that the connector needs, and those that its account had better not have."""

NEEDED = (
    *("BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "ADD_COMMENTS", "EDIT_OWN_COMMENTS"),
    *("DELETE_OWN_COMMENTS", "CREATE_ATTACHMENTS", "LINK_ISSUES"),
)
NEVER_USED = ("ADMINISTER", "SYSTEM_ADMIN")
"""On Cloud. On Data Center an administrator can have webhooks registered."""
NEVER_USED_ON_DATA_CENTER = ("SYSTEM_ADMIN",)
