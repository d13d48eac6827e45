"""What a pydantic model's annotations ask of a file: which keys, and whether a word, a list or a table stands there."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from syncd.mapping.nodes import Scalar


class Convert:
    """Marks an annotation whose words have their own converter: `Annotated[int, Convert(words.size)]`."""

    def __init__(self, convert: Callable[[Scalar], Any]) -> None:
        self.convert = convert


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """What may stand in the file, by its name there."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in typing.get_args(annotation)


def annotation_of(info: FieldInfo) -> Any:
    """With the metadata that pydantic took off it."""
    own = [mark for mark in info.metadata if isinstance(mark, Convert)]
    return Annotated[info.annotation, own[0]] if own else info.annotation


def unwrapped(annotation: Any) -> tuple[Any, Convert | None]:
    if typing.get_origin(annotation) is not Annotated:
        return annotation, None
    bare, *marks = typing.get_args(annotation)
    return bare, next((mark for mark in marks if isinstance(mark, Convert)), None)


def is_table(annotation: Any) -> bool:
    if typing.get_origin(annotation) in (dict, Mapping):
        return True
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def is_list(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (list, tuple, set, frozenset)


def choices_of(annotation: Any) -> dict[str, Any]:
    if typing.get_origin(annotation) is Literal:
        return {str(choice): choice for choice in typing.get_args(annotation)}
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return {str(member.value): member for member in annotation}
    return {}
