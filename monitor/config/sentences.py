"""What pydantic finds wrong, in plain sentences for people."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from monitor.config.document import Fault
from monitor.config.spots import KeyPath

Model = TypeVar("Model", bound=BaseModel)

_WRONG = "monitor_wrong"
_QUOTE = '"'


def wrong(message: str, cure: str = "") -> PydanticCustomError:
    """For a validator to raise: what is wrong with a value, and what to write instead."""
    return PydanticCustomError(_WRONG, "{message}", {"message": message, "cure": cure})


def check(model: type[Model], values: object, *, at: KeyPath = ()) -> tuple[Model | None, list[Fault]]:
    """The values as `model`, or all that is wrong with them; `at` is where they stand in their file."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, [_fault(model, detail, at) for detail in error.errors()]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A cure that names what `word` was probably meant to be; empty where nothing known is near."""
    near = get_close_matches(word, list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else ""


def field_at(model: type[BaseModel], path: KeyPath) -> FieldInfo | None:
    """The field of a model, or of the models inside it, that `path` leads to; None: it knows no such key."""
    found: FieldInfo | None = None
    inside: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        if inside is None:
            return found  # a key of a free mapping
        found = _fields(inside).get(part)
        if found is None:
            return None
        inside = next((each for each in _parts(found.annotation) if _is_model(each)), None)
    return found


def is_open(model: type[BaseModel], path: KeyPath) -> bool:
    """True where a text at `path` is no secret.

    A key that the model does not know may be a typo for one, and a text where a table belongs may be anything.
    """
    return _is_open(model, tuple(part for part in path if isinstance(part, str)))


@lru_cache(maxsize=1000)  # ten thousand feeds have the same few keys
def _is_open(model: type[BaseModel], keys: tuple[str, ...]) -> bool:
    found = field_at(model, keys)
    return found is not None and not is_secret(found) and not _holds_tables(found)


def is_secret(field: FieldInfo) -> bool:
    """True where the field's type says that it holds a secret."""
    return SecretStr in _parts(field.annotation)


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Every key that a table of this shape, or one inside it, may have."""
    for name, found in _fields(model).items():
        yield name, found
        for part in _parts(found.annotation):
            if _is_model(part):
                yield from keys_of(part)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {found.alias or name: found for name, found in model.model_fields.items()}


def _parts(annotation: object) -> list[Any]:
    """A type and all that it is made of."""
    return [annotation, *(part for inner in get_args(annotation) for part in _parts(inner))]


def _holds_tables(field: FieldInfo) -> bool:
    return any(_is_model(part) or get_origin(part) is dict for part in _parts(field.annotation))


def _is_model(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _fault(model: type[BaseModel], detail: ErrorDetails, at: KeyPath) -> Fault:
    loc, kind = detail["loc"], detail["type"]
    if loc[-1:] == ("[key]",):  # pydantic's word for the key of a mapping
        return replace(_fault(model, {**detail, "loc": loc[:-1]}, at), at="key")
    path = (*at, *loc)
    name = next((f'"{part}"' for part in reversed(path) if isinstance(part, str)), "it")
    if kind == "extra_forbidden":
        return _unknown_key(model, loc, at)
    if kind == "missing":
        path = path[:-1]
    table = table_name(path if kind == "missing" else at)
    return Fault(path, *_sentence(detail, name if loc else table, table))


def _sentence(detail: ErrorDetails, name: str, table: str) -> tuple[str, str]:
    """The message about the key `name` of a table, and the cure."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "monitor_wrong":
            return context["message"], context["cure"]
        case "missing":
            return f"{name} is missing in {table}", ""
        case "literal_error":
            return _not_one_of(name, str(context["expected"]), detail["input"])
        case "value_error":
            return f"{name}: {context['error']}", ""
        case "list_type" if isinstance(detail["input"], dict):
            return f"{name} must be a list of tables", f"write [[{name.strip(_QUOTE)}]]"
    sentence = _SENTENCES.get(kind, "is not as it must be: {said}").format_map(
        {"said": detail["msg"], **context}
    )
    cure = "without quotes" if kind in _BARE and isinstance(detail["input"], str) else ""
    return f"{name} {sentence}", _CURES.get(kind, cure)


def _unknown_key(model: type[BaseModel], loc: KeyPath, at: KeyPath) -> Fault:
    table = model
    for end in range(1, len(loc)):
        found = field_at(model, loc[:end])
        table = next((part for part in _parts(found.annotation if found else None) if _is_model(part)), table)
    key = str(loc[-1])
    known = list(_fields(table))
    cure = did_you_mean(key, known) or f"known here: {', '.join(known)}"
    return Fault((*at, *loc), f'unknown key "{key}" in {table_name((*at, *loc[:-1]))}', cure, at="key")


def table_name(path: KeyPath) -> str:
    """A table as its header writes it."""
    if not path:
        return "this file"
    names = ".".join(part for part in path if isinstance(part, str))
    return f"[[{names}]]" if isinstance(path[-1], int) else f"[{names}]"


def _not_one_of(name: str, expected: str, given: object) -> tuple[str, str]:
    known = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    choices = ", ".join(f'"{word}"' for word in known)
    return f"{name} must be one of {choices}", did_you_mean(str(given), known)


_TEXT = "must be text in quotes"
_LIST = "must be a list"
_TABLE = "must be a table"
_WHOLE = "must be a whole number"
_NUMBER = "must be a number"
_TRUTH = "must be true or false"
_SENTENCES = {
    "string_type": _TEXT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _TABLE,
    "mapping_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "string_too_short": "must not be empty",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "too_short": "must hold at least {min_length}",
    "too_long": "may hold at most {max_length}",
    "string_too_long": "may have at most {max_length} characters",
}
"""By pydantic's type of error; what is in braces is its context."""
_CURES = {
    "string_type": 'write "…"',
    "list_type": 'write it in square brackets: ["…"]',
    "tuple_type": 'write it in square brackets: ["…"]',
    "dict_type": "write { key = value }",
}
_BARE = {"bool_type", "int_type", "float_type"}
"""What TOML writes without quotes."""
