"""A query's text → its tree, by recursive descent: one method a level of binding, loosest first.

combination (AND, OR) → clause (NOT, field, ATLEAST) → proximity → operand
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, cast

from monitor.core.rules.lexer import ORIGINS, Kind, Token, tokens
from monitor.core.rules.mistakes import (
    OF_IS_WRITTEN,
    mistake,
    mixed,
    require_count,
    require_own_operators,
    unexpected,
)
from monitor.core.rules.operands import require_places
from monitor.core.rules.origins import read_origin
from monitor.core.rules.regexes import compile_regex
from monitor.core.rules.terms import (
    ends_in_question,
    read_exact,
    read_term,
    signs_lost,
    without_final_question,
)
from monitor.core.rules.tree import (
    And,
    At,
    AtLeast,
    Before,
    In,
    ListOf,
    Near,
    Not,
    NotNear,
    Of,
    OfList,
    Or,
    Regex,
)
from monitor.errors import RuleError
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitor.core.rules.tree import Distance, Query, Scope, Spoken, Unit

MAX_QUERY: Final = 200_000
"""Characters of one query: some 20 000 terms."""

MAX_DEPTH: Final = 100
"""Brackets and NOTs inside each other. People use five; Python's stack would hold 150."""

MAX_CHAIN: Final = 8
"""Parts of one NEAR: every subset of them is a state of the search."""

_STARTS: Final = {
    Kind.WORD, Kind.QUOTED, Kind.EXACT, Kind.LIST, Kind.REGEX, Kind.FIELD, Kind.NOT, Kind.ATLEAST, Kind.OPEN,
}  # fmt: skip
_PROXIMITY: Final = {Kind.NEAR, Kind.BEFORE, Kind.NOTNEAR}
_LOWER: Final = {"and": "AND", "or": "OR", "not": "NOT", "near": "NEAR/5"}


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that can be read and is probably not what was meant."""

    message: str
    place: At
    cure: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as a tree, and what is doubtful in it."""

    tree: Query
    hints: tuple[Hint, ...]


def parse(text: str, lists: Mapping[str, Sequence[Unit | Spoken]]) -> Parsed:
    """The tree of a query. RuleError at its first mistake."""
    if len(text) > MAX_QUERY:
        raise RuleError(
            f"a query of {len(text)} characters; {MAX_QUERY} are read",
            cure="put its words into a list and write @list, or make several rules of it",
        )
    parser = _Parser(text, lists)
    return Parsed(parser.whole(), tuple(parser.hints))


class _Parser:
    def __init__(self, text: str, lists: Mapping[str, Sequence[Unit | Spoken]]) -> None:
        self.text = text
        self.lists = lists
        self.tokens = list(tokens(text))
        require_own_operators(self.tokens)
        self.at = 0
        self.depth = 0
        self.scope: str | None = None
        self.hints: list[Hint] = []

    def here(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind is not Kind.END
        return token

    def since(self, start: int) -> At:
        """The place of all that was read from token `start` on."""
        first, last = self.tokens[start].place, self.tokens[max(self.at - 1, start)].place
        return At(first.offset, last.offset + last.length - first.offset)

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise mistake(
                f"more than {MAX_DEPTH} brackets and NOTs inside each other",
                token,
                cure="take out the brackets that group nothing",
            )

    # ── Levels of binding ────────────────────────────────────────────────────────────────────────

    def whole(self) -> Query:
        if self.here().kind is Kind.END:
            raise RuleError("an empty query", cure="write at least one word")
        tree = self.combination()
        if self.here().kind is not Kind.END:
            raise unexpected(self.here(), None)
        return tree

    def combination(self) -> Query:
        """`a AND b`, `a b`, or `a OR b`. RuleError where AND and OR stand side by side."""
        start = self.at
        parts, places = [self.clause()], [self.since(start)]
        operators: list[Token] = []
        while (token := self.here()).kind in {Kind.AND, Kind.OR} or token.kind in _STARTS:
            if token.kind in {Kind.AND, Kind.OR}:
                self.take()
            operators.append(token)
            at = self.at
            parts.append(self.clause(behind=token if token.kind in {Kind.AND, Kind.OR} else None))
            places.append(self.since(at))
        kinds = {Kind.OR if token.kind is Kind.OR else Kind.AND for token in operators}
        if len(kinds) > 1:
            raise mixed(self.text, places, operators)
        if not kinds:
            return parts[0]
        place = self.since(start)
        if kinds == {Kind.OR}:
            return Or(tuple(_flat(parts, Or)), place=place)
        return And(tuple(_flat(parts, And)), place=place)

    def clause(self, *, behind: Token | None = None) -> Query:
        """`NOT a`, `ATLEAST/3 a`, `title:a`, or a proximity. `behind`: the operator before it."""
        start, token = self.at, self.here()
        match token.kind:
            case Kind.NOT:
                self.take()
                if self.here().kind in _PROXIMITY:
                    raise mistake(
                        "NOT and a proximity are one word",
                        token,
                        cure=f"write a NOTNEAR/{self.here().number} b",
                    )
                self.deeper(token)
                part = self.clause(behind=token)
                self.depth -= 1
                return Not(part, place=self.since(start))
            case Kind.ATLEAST:
                self.take()
                part = self.clause(behind=token)
                require_places(part, "ATLEAST")
                return AtLeast(cast("int", token.number), part, place=self.since(start))
            case _:
                return self.proximity(behind=behind)

    def proximity(self, *, behind: Token | None) -> Query:
        """`a NEAR/3 b NEAR/3 c`: one operator a chain."""
        start = self.at
        parts = [self.operand(behind=behind)]
        operator = self.here()
        while (token := self.here()).kind in _PROXIMITY:
            self.take()
            if (token.kind, token.number) != (operator.kind, operator.number):
                raise mistake(
                    f"{operator.text} and {token.text} in one chain",
                    token,
                    cure=f"write (a {operator.text} b) {token.text} c, or a {operator.text} (b {token.text} c)",
                )
            if self.here().kind is Kind.NOT:
                raise mistake(
                    f"{token.text} cannot stand before NOT", self.here(), cure="write a NOTNEAR/4 b"
                )
            parts.append(self.operand(behind=token))
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            require_places(part, operator.text)
        return _chain(operator, parts, place=self.since(start))

    def operand(self, *, behind: Token | None) -> Query:
        """A term, a phrase, a list, a regular expression, a bracket, a field with one of these, or an OF."""
        start, token = self.at, self.take()
        match token.kind:
            case Kind.WORD if self.here().kind is Kind.OF:
                return self.some_of(token, start)
            case Kind.WORD:
                self.hint_at_lower_case(token)
                self.hint_at_lost_signs(token)
                return read_term(token.text, offset=token.inner)
            case Kind.QUOTED:
                return replace(read_term(self.unquestioned(token), offset=token.inner), place=token.place)
            case Kind.EXACT:
                return replace(read_exact(token.text, offset=token.inner), place=token.place)
            case Kind.LIST:
                return self.listed(token)
            case Kind.REGEX:
                compile_regex(token.text, offset=token.inner)
                return Regex(token.text, place=token.place)
            case Kind.OPEN:
                return self.bracket(token)
            case Kind.FIELD:
                return self.origin(token) if token.text in ORIGINS else self.field(token, start)
            case _:
                raise unexpected(token, behind)

    def bracket(self, opening: Token) -> Query:
        self.deeper(opening)
        if self.here().kind is Kind.CLOSE:
            raise mistake("an empty bracket", opening, cure="write a query into it, or take it out")
        tree = self.combination()
        if self.here().kind is Kind.END:
            raise mistake("this bracket is never closed", opening, cure="write the ) where its query ends")
        if self.here().kind is not Kind.CLOSE:
            raise unexpected(self.here(), None)
        self.take()
        self.depth -= 1
        return tree

    # ── Operands ─────────────────────────────────────────────────────────────────────────────────

    def some_of(self, number: Token, start: int) -> Query:
        """`2 OF (a, b, c)`, `2 OF @list`."""
        if not number.text.isdecimal() or int(number.text) < 1:
            raise mistake("OF needs a number before it", number, cure=OF_IS_WRITTEN)
        count = int(number.text)
        self.take()
        token = self.take()
        if token.kind is Kind.LIST:
            listed = self.listed(token)
            require_count(count, listed.number, number)
            return OfList(count, listed, place=self.since(start))
        if token.kind is not Kind.OPEN:
            raise mistake(
                "OF needs a bracket or a list behind it", token, cure="write 2 OF (a, b, c) or 2 OF @list"
            )
        self.deeper(token)
        parts = [self.combination()]
        while self.here().kind is Kind.COMMA:
            self.take()
            parts.append(self.combination())
        if self.here().kind is Kind.END:
            raise mistake(
                "this bracket is never closed", token, cure="write the ) behind the last query of the OF"
            )
        if self.here().kind is not Kind.CLOSE:
            raise unexpected(self.here(), None)
        self.take()
        self.depth -= 1
        require_count(count, len(parts), number)
        return Of(count, tuple(parts), place=self.since(start))

    def listed(self, token: Token) -> ListOf:
        if token.text in self.lists:
            return ListOf(token.text, tuple(self.lists[token.text]), place=token.place)
        close = get_close_matches(token.text, self.lists, n=1)
        known = f"there are {', '.join('@' + name for name in sorted(self.lists))}" if self.lists else ""
        raise mistake(
            f"there is no list @{token.text}",
            token,
            cure=f"did you mean @{close[0]}?"
            if close
            else known or 'define it: [lists] leaders = ["Macron", …]',
        )

    def field(self, token: Token, start: int) -> Query:
        """`title:a`: one term or bracket."""
        if self.scope:
            raise mistake(
                f"{token.text}: inside {self.scope}:",
                token,
                cure=f"write {self.scope}:(…) AND {token.text}:(…)",
            )
        if self.here().kind not in _STARTS or self.here().kind in {Kind.FIELD, Kind.NOT, Kind.ATLEAST}:
            raise mistake(
                f"{token.text}: needs a word or a bracket behind it",
                token,
                cure=f"write {token.text}:word or {token.text}:(…)",
            )
        if self.here().kind is Kind.WORD and self.here().text.startswith("-"):
            raise mistake(f"- stands before {token.text}:", self.here(), cure=f"write -{token.text}:word")
        self.scope = token.text
        part = self.operand(behind=token)
        self.scope = None
        if self.here().kind in _PROXIMITY:
            inside, behind = str(part), self.tokens[self.at + 1].text or "…"
            raise mistake(
                f"{token.text}: binds one term or bracket, {self.here().text} reaches farther",
                token,
                cure=f"write {token.text}:({inside} {self.here().text} {behind})",
            )
        scope: Scope = "lead" if token.text == "lead" else Field(token.text)
        return In(scope, part, place=self.since(start))

    def origin(self, token: Token) -> Query:
        """`site:a`, `site:(a OR b)`."""
        if self.scope:
            raise mistake(
                f"{token.text}: inside {self.scope}:",
                token,
                cure=f"write {self.scope}:(…) AND {token.text}:…",
            )
        if self.here().kind is not Kind.OPEN:
            return self.origin_value(token)
        opening = self.take()
        parts: list[Query] = [self.origin_value(token)]
        while self.here().kind is Kind.OR:
            self.take()
            parts.append(self.origin_value(token))
        if self.here().kind is not Kind.CLOSE:
            raise mistake(
                f"{token.text}:( ) takes values with OR between them",
                opening if self.here().kind is Kind.END else self.here(),
                cure=f"write {token.text}:(a OR b)",
            )
        self.take()
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def origin_value(self, token: Token) -> Query:
        value = self.here()
        if value.kind in {Kind.WORD, Kind.QUOTED}:
            self.take()
            origin = read_origin(token.text, value.text, place=value.place)
            first, last = token.place.offset, value.place
            return replace(origin, place=At(first, last.offset + last.length - first))
        return read_origin(token.text, "", place=token.place)

    # ── Hints ────────────────────────────────────────────────────────────────────────────────────

    def hint_at_lower_case(self, token: Token) -> None:
        word = token.text.partition("/")[0].lower()
        if word in _LOWER:
            self.hints.append(
                Hint(
                    f"{token.text} is searched as a word",
                    token.place,
                    f"operators are upper case: {_LOWER[word]}; if you mean the word, put it in quotes",
                )
            )

    def hint_at_lost_signs(self, token: Token) -> None:
        if lost := signs_lost(token.text):
            self.hints.append(
                Hint(
                    f"{lost} is not searched: only the words of {token.text} are",
                    token.place,
                    "leave it out; a regular expression finds signs: /\\!/",
                )
            )

    def unquestioned(self, token: Token) -> str:
        if not ends_in_question(token.text):
            return token.text
        self.hints.append(
            Hint(
                "the ? at the end of a quoted phrase is read as punctuation",
                token.place,
                "for one more letter write the word outside quotes; otherwise leave the ? out",
            )
        )
        return without_final_question(token.text)


def _chain(operator: Token, parts: list[Query], *, place: At) -> Query:
    distance = cast("Distance", operator.number)
    if operator.kind is Kind.NOTNEAR:
        if len(parts) > 2:
            raise mistake("NOTNEAR takes one query on each side", operator, cure="write a NOTNEAR/4 (b OR c)")
        return NotNear(parts[0], parts[1], distance, place=place)
    if len(parts) > MAX_CHAIN:
        raise mistake(
            f"a chain of {len(parts)}; {operator.text} takes at most {MAX_CHAIN}",
            operator,
            cure=f"name a few of them: 4 OF (a {operator.text} b, …), or write brackets",
        )
    if operator.kind is Kind.BEFORE:
        return Before(tuple(parts), distance, place=place)
    return Near(tuple(parts), distance, place=place)


def _flat(parts: list[Query], kind: type[And | Or]) -> Iterator[Query]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.parts
        else:
            yield part
