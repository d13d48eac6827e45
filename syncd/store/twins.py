"""Twins: which comment or file is the copy of which, found from either end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Select, Table, delete, select, update

from syncd.core.model import Side, Visibility
from syncd.store.insert import insert
from syncd.store.records import CommentTwin, FileTwin, TwinState
from syncd.store.schema import comment_twin, file_twin, link

Twin: TypeAlias = CommentTwin | FileTwin
COMMON = ("link_id", "source_id", "target_id")


def put_comment(c: Connection, twin: CommentTwin) -> None:
    """Store a comment's twin, or what has become of it."""
    _put(c, comment_twin, twin, {"source_digest": twin.source_digest})


def put_file(c: Connection, twin: FileTwin) -> None:
    """Store a file's twin, or what has become of it."""
    own = {"name": twin.name, "size": twin.size, "media_type": twin.media_type, "comment_id": twin.comment_id}
    _put(c, file_twin, twin, own)


def comments(c: Connection, link_id: int) -> list[CommentTwin]:
    """Both directions, in the order in which they were mirrored."""
    return [_comment(row) for row in c.execute(_of(comment_twin, link_id))]


def files(c: Connection, link_id: int) -> list[FileTwin]:
    return [_file(row) for row in c.execute(_of(file_twin, link_id))]


def comment_from(c: Connection, link_id: int, from_side: Side, source_id: str) -> CommentTwin | None:
    """The twin of a comment, by the comment that it was made from."""
    row = c.execute(_by(comment_twin, link_id, from_side, source_id=source_id)).one_or_none()
    return None if row is None else _comment(row)


def comment_to(c: Connection, link_id: int, on_side: Side, target_id: str) -> CommentTwin | None:
    """The twin of a comment, by the copy, which stands on `on_side`."""
    row = c.execute(_by(comment_twin, link_id, on_side.other, target_id=target_id)).one_or_none()
    return None if row is None else _comment(row)


def file_from(c: Connection, link_id: int, from_side: Side, source_id: str) -> FileTwin | None:
    row = c.execute(_by(file_twin, link_id, from_side, source_id=source_id)).one_or_none()
    return None if row is None else _file(row)


def file_to(c: Connection, link_id: int, on_side: Side, target_id: str) -> FileTwin | None:
    row = c.execute(_by(file_twin, link_id, on_side.other, target_id=target_id)).one_or_none()
    return None if row is None else _file(row)


def copied_comments(c: Connection, connection: str, ref: str) -> frozenset[str]:
    """Ids of the comments on this ticket that any of its links put there: no link mirrors them further."""
    return _copies(c, comment_twin, connection, ref)


def copied_files(c: Connection, connection: str, ref: str) -> frozenset[str]:
    """Ids of the files on this ticket that any of its links put there."""
    return _copies(c, file_twin, connection, ref)


def repoint(c: Connection, changed: Iterable[tuple[Twin, Twin]]) -> None:
    """Let twins speak of other comments or files than before: of those that took the place of the old ones."""
    for before, after in changed:
        table = comment_twin if isinstance(before, CommentTwin) else file_twin
        mine = (table.c.link_id == before.link_id) & (table.c.from_side == before.from_side.value)
        values = {"source_id": after.source_id, "target_id": after.target_id}
        c.execute(update(table).where(mine, table.c.source_id == before.source_id).values(values))


def settle_comment(
    c: Connection, link_id: int, from_side: Side, source_id: str, *, state: TwinState, now: datetime
) -> None:
    """Note that a mirrored comment was deleted at its source, or is no longer to cross."""
    twin = comment_from(c, link_id, from_side, source_id)
    if twin is not None:
        put_comment(c, replace(twin, state=state, at=now))


def forget_skipped_file(c: Connection, link_id: int, source_id: str) -> None:
    """Forget that a file was left out, so that the next run tries it again."""
    skipped = (file_twin.c.source_id == source_id) & (file_twin.c.state == TwinState.SKIPPED.value)
    c.execute(delete(file_twin).where(file_twin.c.link_id == link_id, skipped, file_twin.c.target_id.is_(None)))


def _put(c: Connection, table: Table, twin: CommentTwin | FileTwin, own: dict[str, Any]) -> None:
    names = {"link_id": twin.link_id, "from_side": twin.from_side.value, "source_id": twin.source_id}
    values = {
        "target_id": twin.target_id,
        "visibility": twin.visibility.value,
        "state": twin.state.value,
        "at": twin.at,
        **own,
    }
    statement = insert(c, table).values(**names, **values)
    c.execute(statement.on_conflict_do_update(index_elements=list(names), set_=values))


def _of(table: Table, link_id: int) -> Select[Any]:
    return select(table).where(table.c.link_id == link_id).order_by(table.c.id)


def _by(table: Table, link_id: int, from_side: Side, **id_: str) -> Select[Any]:
    ((column, value),) = id_.items()
    return select(table).where(
        table.c.link_id == link_id, table.c.from_side == from_side.value, table.c[column] == value
    )


def _copies(c: Connection, table: Table, connection: str, ref: str) -> frozenset[str]:
    on_support = (link.c.support_connection == connection) & (link.c.support_ref == ref)
    on_engineering = (link.c.engineering_connection == connection) & (link.c.engineering_ref == ref)
    query = select(table.c.target_id).join(link, link.c.id == table.c.link_id).where(table.c.target_id.is_not(None))
    to_support = query.where(on_support, table.c.from_side == Side.ENGINEERING.value)
    to_engineering = query.where(on_engineering, table.c.from_side == Side.SUPPORT.value)
    return frozenset(c.scalars(to_support.union(to_engineering)))


def _comment(row: Row[Any]) -> CommentTwin:
    return CommentTwin(
        link_id=row.link_id,
        from_side=Side(row.from_side),
        source_id=row.source_id,
        target_id=row.target_id,
        source_digest=row.source_digest,
        visibility=Visibility(row.visibility),
        state=TwinState(row.state),
        at=row.at,
    )


def _file(row: Row[Any]) -> FileTwin:
    return FileTwin(
        link_id=row.link_id,
        from_side=Side(row.from_side),
        source_id=row.source_id,
        target_id=row.target_id,
        name=row.name,
        size=row.size,
        media_type=row.media_type,
        visibility=Visibility(row.visibility),
        state=TwinState(row.state),
        at=row.at,
        comment_id=row.comment_id,
    )
