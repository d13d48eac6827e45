"""The GraphQL documents that are sent, all of them, as they are sent. Values go as variables and never into a document.

Each costs Linear's "complexity": 0.1 a property, 1 an object, times `first` for a connection, at most 10,000 a query
(linear.app/developers/rate-limiting).
"""

from __future__ import annotations

from typing import Final

_USER: Final = "fragment Person on User { id name email }"
_BOT: Final = "fragment Bot on ActorBot { id name type }"
_COMMENT: Final = """
fragment Said on Comment {
  id body createdAt updatedAt
  user { ...Person }
  botActor { ...Bot }
  externalUser { id name }
}"""
_PAGE: Final = "pageInfo { hasNextPage endCursor }"
_HISTORY: Final = """
fragment Entry on IssueHistory {
  id createdAt updatedAt actorId
  botActor { ...Bot }
  fromTitle toTitle
  fromPriority toPriority
  fromEstimate toEstimate
  fromDueDate toDueDate
  fromState { name } toState { name }
  fromTeam { key } toTeam { key }
  fromAssignee { ...Person } toAssignee { ...Person }
  addedLabels { name } removedLabels { name }
}"""
_ISSUE: Final = """
fragment Shown on Issue {
  id identifier url title description priority estimate dueDate createdAt updatedAt archivedAt trashed
  team { id key }
  state { id name type }
  assignee { ...Person }
  creator { ...Person }
  botActor { ...Bot }
  labels(first: 50) { nodes { id name } }
  relations(first: 10) { nodes { type relatedIssue { id } } }
  syncedWith { service }
}"""

VIEWER: Final = "query Viewer { viewer { id name email admin app guest active organization { id name urlKey } } }"

ISSUE: Final = f"""
query Issue($id: String!, $thread: Boolean!, $history: Boolean!) {{
  issue(id: $id) {{
    ...Shown
    comments(first: 100) @include(if: $thread) {{ nodes {{ ...Said }} {_PAGE} }}
    history(first: 50) @include(if: $history) {{ nodes {{ ...Entry }} {_PAGE} }}
  }}
}}
{_ISSUE}{_COMMENT}{_HISTORY}
{_USER} {_BOT}
"""

MORE_COMMENTS: Final = f"""
query MoreComments($id: String!, $after: String!) {{
  issue(id: $id) {{ comments(first: 100, after: $after) {{ nodes {{ ...Said }} {_PAGE} }} }}
}}
{_COMMENT}
{_USER} {_BOT}
"""

MORE_HISTORY: Final = f"""
query MoreHistory($id: String!, $after: String!) {{
  issue(id: $id) {{ history(first: 50, after: $after) {{ nodes {{ ...Entry }} {_PAGE} }} }}
}}
{_HISTORY}
{_USER} {_BOT}
"""

CREATE: Final = f"""
mutation Create($input: IssueCreateInput!) {{
  issueCreate(input: $input) {{ success issue {{ ...Shown }} }}
}}
{_ISSUE}
{_USER} {_BOT}
"""

UPDATE: Final = """
mutation Update($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success issue { id updatedAt } }
}
"""

ONE_COMMENT: Final = f"""
query OneComment($id: String!) {{
  comment(id: $id) {{ ...Said issue {{ id updatedAt }} }}
}}
{_COMMENT}
{_USER} {_BOT}
"""

COMMENT: Final = f"""
mutation Comment($input: CommentCreateInput!) {{
  commentCreate(input: $input) {{ success comment {{ ...Said issue {{ id updatedAt }} }} }}
}}
{_COMMENT}
{_USER} {_BOT}
"""

EDIT_COMMENT: Final = f"""
mutation EditComment($id: String!, $input: CommentUpdateInput!) {{
  commentUpdate(id: $id, input: $input) {{ success comment {{ ...Said issue {{ id updatedAt }} }} }}
}}
{_COMMENT}
{_USER} {_BOT}
"""

DELETE_COMMENT: Final = "mutation DeleteComment($id: String!) { commentDelete(id: $id) { success } }"

LINK: Final = """
mutation Link($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) { success attachment { id url } }
}
"""

UPLOAD: Final = """
mutation Upload($filename: String!, $contentType: String!, $size: Int!) {
  fileUpload(filename: $filename, contentType: $contentType, size: $size, makePublic: false) {
    success
    uploadFile { uploadUrl assetUrl headers { key value } }
  }
}
"""

DESCRIPTION_TEXT: Final = "query DescriptionText($id: String!) { issue(id: $id) { description } }"
COMMENT_TEXT: Final = "query CommentText($id: String!) { comment(id: $id) { body } }"

CHANGES: Final = f"""
query Changes(
  $issues: IssueFilter!, $issuesAfter: String, $moreIssues: Boolean!,
  $comments: CommentFilter!, $commentsAfter: String, $moreComments: Boolean!
) {{
  issues(filter: $issues, first: 100, after: $issuesAfter, includeArchived: true, orderBy: updatedAt)
    @include(if: $moreIssues) {{ nodes {{ id updatedAt }} {_PAGE} }}
  comments(filter: $comments, first: 100, after: $commentsAfter, includeArchived: true, orderBy: updatedAt)
    @include(if: $moreComments) {{ nodes {{ id updatedAt issue {{ id }} }} {_PAGE} }}
}}
"""

TEAMS: Final = f"""
query Teams($after: String) {{
  teams(first: 100, after: $after) {{ nodes {{ id key name private retiredAt }} {_PAGE} }}
}}
"""

STATES: Final = f"""
query States($after: String) {{
  workflowStates(first: 100, after: $after) {{ nodes {{ id name type position team {{ id }} }} {_PAGE} }}
}}
"""

LABELS: Final = f"""
query Labels($after: String) {{
  issueLabels(first: 100, after: $after) {{ nodes {{ id name isGroup team {{ id }} }} {_PAGE} }}
}}
"""

MAKE_LABEL: Final = """
mutation MakeLabel($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) { success issueLabel { id name isGroup team { id } } }
}
"""

USERS: Final = """
query Users($filter: UserFilter!) {
  users(filter: $filter, first: 10) { nodes { id name email active isAssignable } }
}
"""

_HOOK: Final = "fragment Seen on Webhook { id url enabled resourceTypes allPublicTeams }"
HOOKS: Final = f"""
query Hooks($after: String) {{ webhooks(first: 100, after: $after) {{ nodes {{ ...Seen }} {_PAGE} }} }}
{_HOOK}
"""
MAKE_HOOK: Final = f"""
mutation MakeHook($input: WebhookCreateInput!) {{ webhookCreate(input: $input) {{ success webhook {{ ...Seen }} }} }}
{_HOOK}
"""
MEND_HOOK: Final = f"""
mutation MendHook($id: String!, $input: WebhookUpdateInput!) {{
  webhookUpdate(id: $id, input: $input) {{ success webhook {{ ...Seen }} }}
}}
{_HOOK}
"""
REMOVE_HOOK: Final = "mutation RemoveHook($id: String!) { webhookDelete(id: $id) { success } }"
