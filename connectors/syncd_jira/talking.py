"""Writing comments: with our key, and with who may read them, in one request each.

Atlassian's description of Cloud names the Service Desk API for an internal comment. That one takes no property, so its
key would need a second request, and a crash between the two would double the comment; and it answers 404 for an issue
that has no request type. The entity property `sd.public.comment` goes along with the comment itself, as Data Center's
own page for agents was seen to send it, and python-jira and jira-cli on both deployments. Because that rests on their
word, the answer is checked: a comment that Jira shows to customers all the same is removed at once, and no further
internal one is written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncd.core.model import Body, Comment, Internal, Public
from syncd.sdk.connector import Posted, Written
from syncd.sdk.errors import ConnectorError, Rejected, Unavailable, Unsupported
from syncd_jira.customers import VISIBILITY
from syncd_jira.fields import milliseconds
from syncd_jira.reading import Reader
from syncd_jira.wire import PROPERTY, CommentIn, comment_token


class Talker:
    """Comments of one connection."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.api = reader.api
        self._exposed = False  # Jira showed an internal comment to customers

    async def comment(self, ref: str, body: Body, *, key: str) -> Posted:
        desk = await self._desk(ref)
        self._refuse(body, desk=desk)
        written = self.reader.reading.dialect.write(body.text)
        answer = await self.api.comment(ref, written, {PROPERTY: {"key": key}, **_visibility(body, desk=desk)})
        return self._posted(await self._kept(ref, answer, body, desk=desk), key=key, desk=desk)

    async def edit(self, ref: str, comment: Comment, body: Body) -> Comment:
        """The text alone. Where customers may read it, its properties are read and sent again: nobody says they stay.

        Raises:
            Unsupported: customers see this comment, and are not to see the text.
        """
        desk = await self._desk(ref)
        self._refuse(body, desk=desk)
        stands = await self.api.one_comment(ref, comment.id) if desk else None
        if isinstance(body, Internal) and (isinstance(comment.body, Public) or (stands and not stands.hidden)):
            raise Unsupported("jira: a public comment cannot become internal")
        held = {each.key: each.value for each in stands.properties or ()} if stands else {}
        written = self.reader.reading.dialect.write(body.text)
        answer = await self.api.edit_comment(ref, comment.id, written, held)
        key = comment.key or self.reader.reading.key_of(answer) or self.reader.memory.keys.get(comment.id)
        return self._posted(await self._kept(ref, answer, body, desk=desk), key=key, desk=desk).comment

    # -- inside

    async def _desk(self, ref: str) -> bool:
        """Whether customers could read it. Where nobody reckons with customers, what was read lately will do."""
        seen = self.reader.memory.issues.get(ref)
        if seen is None and self.reader.config.service_project:
            seen = await self.reader.seen(ref, revision="")
        return seen is not None and seen.desk

    def _refuse(self, body: Body, *, desk: bool) -> None:
        """What cannot be as visible as asked, before anything is sent."""
        if isinstance(body, Public) and self.reader.config.service_project and not desk:
            raise Rejected("jira: its project is no service project (any more): no customer would read this comment")
        if isinstance(body, Internal) and desk and self._exposed:
            raise Rejected(f"jira: not sent: this site shows internal comments to customers; {_REMEDY}")

    async def _kept(self, ref: str, answer: CommentIn, body: Body, *, desk: bool) -> CommentIn:
        """The comment as it stands there; an internal one that customers can read is taken away again.

        Raises:
            Rejected: it was public, and is gone.
            Unavailable: it is not known whether it is still there.
        """
        if isinstance(body, Public) or not desk:
            return answer
        try:
            if answer.properties is None and answer.jsdPublic is None:
                answer = await self.api.one_comment(ref, answer.id)
            if answer.hidden:
                return answer
            self._exposed = True
            await self.api.delete_comment(ref, answer.id)
        except ConnectorError as error:
            why = f"jira: comment {answer.id} was to be internal and may be public: look at it; {error}"
            raise Unavailable(why) from error
        raise Rejected(f"jira: this site made an internal comment public; it was removed at once; {_REMEDY}")

    def _posted(self, answer: CommentIn, *, key: str | None, desk: bool) -> Posted:
        """With the key that was sent, whether or not the answer shows it."""
        self.reader.memory.keys[answer.id] = key
        shown = self.reader.customers_read(desk=desk)
        comment = replace(self.reader.reading.comment(answer, desk=shown), key=key)
        tokens = frozenset({comment_token(answer.id, answer.updated), str(milliseconds(answer.updated))})
        return Posted(comment, Written(tokens=tokens))


_REMEDY = "take the rules that write internal comments there out of the mapping, or restart syncd to try again"


def _visibility(body: Body, *, desk: bool) -> dict[str, Any]:
    """An internal text says so everywhere: its issue may move to a service project one day."""
    internal = isinstance(body, Internal)
    return {VISIBILITY: {"internal": internal}} if internal or desk else {}
