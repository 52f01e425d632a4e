"""An explanation as lines of text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.core.rules.explain import Explained, ExplainedScore, Explanation
    from monitor.model import Field, Span

_Said = set[tuple[str, tuple[str, ...]]]
"""The lists whose hits were printed, each with its hits: a list that ten clauses name is told once."""

_SIGN: Final = {True: "✓", False: "✗"}

_FOUND: Final = 5
"""Places of one clause that are shown."""

_LONG: Final = 60
"""Characters of a clause or a place that are shown."""


def explain_text(explanation: Explanation, texts: Mapping[Field, str]) -> str:
    """What decided, line by line, the clauses indented as they stand in each other. `texts`: by field, as shown."""
    return "\n".join(_lines(explanation, texts))


def _lines(explanation: Explanation, texts: Mapping[Field, str]) -> Iterator[str]:
    said: _Said = set()
    yield f"{explanation.rule_id} {'matches' if explanation.matched else 'does not match'}"
    yield f"  read: {_read(explanation)}; language {explanation.language or 'unknown'}"
    if explanation.out_of_scope:
        yield f"  ✗ {explanation.out_of_scope}"
    if explanation.query:
        yield from _clause(explanation.query, texts, said, label="query", depth=1)
    if explanation.exclude:
        yield f"  {_SIGN[not explanation.exclude.held]} not excluded"
        yield from _clause(explanation.exclude, texts, said, depth=2)
    if explanation.points is not None:
        yield f"  {_sign_of_score(explanation)} score {explanation.points:g} of {explanation.threshold:g}"
        for line in explanation.score:
            yield from _score_line(line, texts, said)


def _read(explanation: Explanation) -> str:
    sizes = dict(explanation.texts)
    there = [f"{field} ({words} word{'' if words == 1 else 's'})" for field, words in sizes.items()]
    return ", ".join(there) or "nothing"


def _sign_of_score(explanation: Explanation) -> str:
    enough = explanation.points is not None and explanation.points >= (explanation.threshold or 0)
    return _SIGN[enough]


def _score_line(line: ExplainedScore, texts: Mapping[Field, str], said: _Said) -> Iterator[str]:
    title = " in the title" if line.points and line.points != line.weight else ""
    label = f"{line.points:+g}{title}" if line.points else f"0 of {line.weight:+g}"
    yield from _clause(line.clause, texts, said, label=label, depth=2)


def _clause(
    clause: Explained, texts: Mapping[Field, str], said: _Said, *, label: str = "", depth: int
) -> Iterator[str]:
    text = f"{'  ' * depth}{_SIGN[clause.held]} {f'{label}: ' if label else ''}{_short(clause.text)}"
    if clause.note:
        text += f" – {clause.note}"
    if (listed := clause.text.startswith("@") and bool(clause.parts)) and _name(clause) in said:
        text += " – as above"
    if clause.spans and not clause.parts:
        text += f" – {', '.join(_places(clause.spans, texts))}"
    if (
        not clause.parts
        and clause.folded != clause.text
        and clause.folded.strip('"') != clause.text.strip('"')
    ):
        text += f" (read as {clause.folded})"
    yield text
    if listed and _name(clause) in said:
        return
    if listed:
        said.add(_name(clause))
    for part in clause.parts:
        yield from _clause(part, texts, said, depth=depth + 1)


def _name(clause: Explained) -> tuple[str, tuple[str, ...]]:
    return clause.text, tuple(part.text for part in clause.parts)


def _places(spans: tuple[Span, ...], texts: Mapping[Field, str]) -> Iterator[str]:
    """Each wording with its field, once."""
    found = dict.fromkeys((_short(texts.get(s.field, "")[s.start : s.end]), s.field) for s in spans)
    for text, field in list(found)[:_FOUND]:
        yield f"“{text}” in the {field}"
    if len(found) > _FOUND:
        yield f"{len(found) - _FOUND} more"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"
