"""The errors of a query that cannot be read: what stands wrong, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from monitor.core.rules.lexer import Kind
from monitor.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.core.rules.lexer import Token
    from monitor.core.rules.tree import At

OF_IS_WRITTEN: Final = 'write 2 OF (a, b, c); the word goes in quotes: "state of emergency"'


def mistake(message: str, token: Token, *, cure: str) -> RuleError:
    """The error at a token."""
    return RuleError(message, offset=token.place.offset, length=max(token.place.length, 1), cure=cure)


def require_count(count: int, parts: int, number: Token) -> None:
    """RuleError where an OF asks for more than it lists."""
    if count > parts:
        raise mistake(
            f"{count} OF {parts} can never be",
            number,
            cure=f"at most {parts} OF, with commas between the queries: 2 OF (a, b, c)",
        )


def unexpected(token: Token, behind: Token | None) -> RuleError:
    """The error where `token` stands and something else should; `behind` is the operator before it."""
    match token.kind:
        case Kind.END | Kind.CLOSE | Kind.COMMA if behind is not None:
            return mistake(
                f"{behind.text} needs something on its right",
                behind,
                cure=f'as a word, put it in quotes: "{behind.text}"',
            )
        case Kind.CLOSE:
            return mistake("this bracket closes nothing", token, cure="take it out, or write the ( before")
        case Kind.COMMA:
            return mistake(
                "a comma stands only between the queries of an OF",
                token,
                cure="write OR or AND; a text with a comma goes in quotes",
            )
        case Kind.OF:
            return mistake("OF needs a number before it", token, cure=OF_IS_WRITTEN)
        case Kind.END:
            return mistake(
                "the query ends where a word should be", token, cure="write one, and the ) behind it"
            )
        case _ if behind is not None:
            return mistake(
                f"{behind.text} and {token.text} side by side", token, cure="leave one of the two out"
            )
        case _:
            return mistake(
                f"{token.text} needs something on its left",
                token,
                cure=f'as a word, put it in quotes: "{token.text}"',
            )


_FOREIGN_WORDS: Final = {
    word: ours
    for ours, words in {
        "AND": "ET UND Y E EN I ORAZ OCH OG JA ÉS ȘI VE DAN И ТА І ΚΑΙ BUT PLUS",
        "OR": "OU ODER O OPPURE LUB ALBO NEBO ELLER TAI VAGY SAU VEYA ATAU ИЛИ АБО Ή",
        "NOT": "NON NICHT NO NÃO NIET NIE NE INTE IKKE EI NEM NU DEĞİL TIDAK НЕ ΟΧΙ",
        "AND NOT": "SAUF OHNE SIN SENZA SEM ZONDER BEZ UTAN UTEN UDEN FĂRĂ БЕЗ КРОМЕ ΧΩΡΙΣ",
    }.items()
    for word in words.split()
}
"""Operators as they are called in other languages, and ours for them."""

_OPERANDS: Final = {
    Kind.WORD,
    Kind.QUOTED,
    Kind.EXACT,
    Kind.LIST,
    Kind.REGEX,
    Kind.FIELD,
    Kind.OPEN,
    Kind.NOT,
}


def require_own_operators(tokens: Sequence[Token]) -> None:
    """RuleError where a word in capitals stands as another language's operator would."""
    for before, token, behind in zip([None, *tokens], tokens, tokens[1:], strict=False):
        ours = _FOREIGN_WORDS.get(token.text) if token.kind is Kind.WORD else None
        if ours is None or behind.kind not in _OPERANDS:
            continue
        stands_between = before is not None and before.kind in _OPERANDS - {Kind.OPEN, Kind.NOT} | {
            Kind.CLOSE
        }
        joins = ours in {"AND", "OR"}
        if stands_between if joins else (len(token.text) > 2 or stands_between):
            raise mistake(
                f"{token.text} is no operator here",
                token,
                cure=f'write {ours}; as a word, put it in quotes: "{token.text}"',
            )


_SHOWN = 24
"""Characters of an operand that an error about AND and OR shows."""


def mixed(text: str, places: list[At], operators: list[Token]) -> RuleError:
    """The error that shows both readings of AND and OR side by side."""
    names: list[Literal["AND", "OR"]] = ["OR" if token.kind is Kind.OR else "AND" for token in operators]
    sources = [_shown(text, place) for place in places]
    second = next(token for token, name in zip(operators, names, strict=True) if name != names[0])
    return mistake(
        "AND and OR side by side: which belongs together?",
        second,
        cure=f"write {_grouped(sources, names, 'AND')} or {_grouped(sources, names, 'OR')}",
    )


def _shown(text: str, place: At) -> str:
    source = " ".join(text[place.offset : place.offset + place.length].split())
    if source.startswith("-"):
        source = f"NOT {source[1:]}"
    return source if len(source) <= _SHOWN else source[: _SHOWN - 1] + "…"


def _grouped(sources: list[str], names: Sequence[str], tighter: str) -> str:
    """The chain with brackets around what `tighter` joins."""
    looser = "OR" if tighter == "AND" else "AND"
    groups = [[sources[0]]]
    for name, source in zip(names, sources[1:], strict=True):
        if name == tighter:
            groups[-1].append(source)
        else:
            groups.append([source])
    return f" {looser} ".join(
        f"({f' {tighter} '.join(group)})" if len(group) > 1 else group[0] for group in groups
    )
