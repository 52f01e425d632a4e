"""What may stand beside NEAR and behind ATLEAST, and what to write instead of what may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.core.rules.tree import (
    And,
    AtLeast,
    Before,
    Exact,
    From,
    In,
    Inflected,
    ListOf,
    Near,
    Not,
    NotNear,
    Of,
    OfList,
    Or,
    Phrase,
    Plain,
    Regex,
    Wild,
)
from monitor.errors import RuleError

if TYPE_CHECKING:
    from monitor.core.rules.tree import Query


def require_places(query: Query, operator: str) -> None:
    """RuleError where an operand of `operator` is no word, phrase, OR group or proximity of such."""
    match query:
        case Plain() | Wild() | Inflected() | Exact() | Phrase() | ListOf():
            return
        case Or() | Near() | Before():
            for part in query.parts:
                require_places(part, operator)
        case NotNear():  # its parts were looked at where it was read
            return
        case _:
            raise RuleError(
                f"{_name(query)} cannot stand {'behind' if operator == 'ATLEAST' else 'beside'} {operator}",
                offset=query.place.offset,
                length=query.place.length,
                cure=_instead(query, operator),
            )


def _name(query: Query) -> str:
    match query:
        case And():
            return "AND"
        case Not():
            return "NOT"
        case Of() | OfList():
            return "OF"
        case AtLeast():
            return "ATLEAST"
        case In():
            return f"{query.scope}:"
        case From():
            return f"{query.kind}:"
        case Regex():
            return "a regular expression"
        case _:
            return "this"


def _instead(query: Query, operator: str) -> str:
    if operator == "ATLEAST":
        return _instead_behind_atleast(query)
    match query:
        case And():
            return f"write (a {operator} c) AND (b {operator} c)"
        case Not():
            return f"write (a {operator} b) NOTNEAR/4 c, or (a {operator} b) AND NOT c"
        case In():
            return f"write {query.scope}:({query.part} {operator} …)"
        case From():
            return f"write {query} AND (a {operator} b)"
        case Regex():
            return "write the words with wildcards, or put the distance into the expression: /a.{0,30}b/"
        case _:
            return f"write (a {operator} b) AND {query}"


def _instead_behind_atleast(query: Query) -> str:
    match query:
        case In():
            return f"write {query.scope}:(ATLEAST/3 {query.part})"
        case And():
            return "write (ATLEAST/3 a) AND (ATLEAST/3 b)"
        case Not():
            return "write NOT (ATLEAST/3 a)"
        case _:
            return "ATLEAST counts a word, a phrase, an OR group or a proximity"
