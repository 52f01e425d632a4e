"""`monitor rules words | coverage`: words to add to a rule, and what each of its terms does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound
from monitor.cli.desk import Desk, MeaningOption, RuleId, desk_of, edits_of, history_of
from monitor.cli.labels import named
from monitor.core.text.fold import fold
from monitor.core.text.languages import canonical
from monitor.tuning.closeness import Closeness, in_letters
from monitor.tuning.coverage import Coverage, in_words
from monitor.tuning.coverage import coverage as covered
from monitor.tuning.drafts import ANY, also, extended
from monitor.tuning.meaning import words_meant
from monitor.tuning.words import Proposal, candidates, proposed, written

WORDS_SHOWN = 10
"""Words of a language that a person reads at once."""
NEVER_SHOWN = 8
"""Terms that never occurred, of each row of the lists."""
ADDABLE = 500
"""Proposals of a language among which a word that is to be added is looked for."""


def words(
    context: typer.Context,
    rule_id: RuleId,
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="CODE", help="Only words of this language: fi, pt, ja.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="So many of each language.")] = WORDS_SHOWN,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add", metavar="WORD", help="Write this word into the rule’s file. May be given often."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="LIST", help="The list that --add writes to; default: the nearest."),
    ] = None,
    meaning: MeaningOption = None,
    json: Json = False,
) -> None:
    """Propose words for a rule, from the stored entries, by language, with how many entries have each.

    With the extra meaning also words of other languages that mean what the rule’s words mean.
    """
    with desk_of(context, rule_id, meaning=meaning) as desk:
        proposals = _proposals(desk, lang, most=limit if not add else ADDABLE)
    if add:
        _add(desk, proposals, add, to, lang)
        return
    documents = [
        {
            "language": one.word.language,
            "terms": one.terms,
            "list": one.list,
            "found": one.found,
            "missed": one.missed,
            "elsewhere": one.elsewhere,
        }
        for one in proposals
    ]
    if json:
        output.as_json(documents)
        return
    columns: list[output.Column] = [
        output.column("language"),
        ("word", lambda one: ", ".join(one["terms"])),
        ("for the list", lambda one: one["list"] or "-"),
        output.column("found"),
        output.column("missed"),
        output.column("elsewhere"),
    ]
    output.as_table(documents, columns, empty="no stored entry has a word to propose")


def _proposals(desk: Desk, lang: str | None, *, most: int) -> list[Proposal]:
    history = desk.history
    spoken = Counter(text.language for text in history.texts if text.language)
    if lang is not None and canonical(lang) not in spoken:
        raise NotFound(f'no stored entry is in "{lang}"; there are: {", ".join(sorted(spoken)) or "none"}')
    found: list[Proposal] = []
    for language in [canonical(lang)] if lang else [one for one, _ in spoken.most_common()]:
        worth = candidates(history, language)
        closeness: Closeness = in_letters
        if desk.read:
            closeness = words_meant(
                history, desk.read, in_letters, more=written(history, worth).values()
            ).closeness
        found += proposed(history, worth, closeness=closeness, most=most)
    return found


def _add(
    desk: Desk, proposals: Sequence[Proposal], words_: Sequence[str], to: str | None, lang: str | None
) -> None:
    """Writes words into the lists that they come nearest to, each into the row of its language."""
    history = desk.history
    lists = [part.name for part in history.shape.parts]
    added: dict[str, dict[str, list[str]]] = {}
    for word in words_:
        names = {word.lower(), fold(word.rstrip("*~"))}
        known = next((one for one in proposals if names & {*one.terms, one.word.root}), None)
        name = to or (known.list if known else "")
        if not name or name not in {*lists, also(history.rule)}:
            there = ", ".join([*lists, also(history.rule)])
            raise NotFound(f'it is not known which list "{word}" goes into: say --to LIST; there are {there}')
        row = canonical(lang) if lang else known.word.language if known else ANY
        added.setdefault(name, {}).setdefault(row, []).append(word)
    draft = extended(history.rule, history.lists, history.shape, added)
    try:
        draft.compiled()
    except ValueError as error:
        raise NotFound(f"no rule could have this word: {error}") from error
    edits = edits_of(desk.loaded, history.rule.id, draft)
    for edit in edits:
        edit.write()
        print(output.shown(edit.diff))
    if not edits:
        print("the rule has these words already")


def coverage(
    context: typer.Context,
    rule_id: Annotated[str | None, typer.Argument(metavar="[RULE]", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="Name all terms that never occurred.")] = False,
    json: Json = False,
) -> None:
    """Say in which stored languages a rule has no word, what each of its terms finds, what exclusions take away."""
    own: Context = context.obj
    loaded = own.load()
    if rule_id is not None:
        named(loaded, rule_id)
    rule_ids = [rule_id] if rule_id else list(loaded.config.rules)
    with own.asked(loaded) as store:
        documents = [(one, covered(history_of(store, loaded, one))) for one in rule_ids]
    if json:
        output.as_json([_coverage(one, found) for one, found in documents])
        return
    for one, found in documents:
        _print_coverage(one, found, whole=rule_id is not None, most=None if every else NEVER_SHOWN)


def _coverage(rule_id: str, found: Coverage) -> dict[str, Any]:
    return {
        "rule": rule_id,
        "entries": found.entries,
        "languages": dict(found.spoken),
        "without": found.without,
        "share_without": round(found.share_without, 4),
        "terms": [asdict(term) for term in found.terms],
        "taken": [asdict(one) for one in found.taken],
    }


def _print_coverage(rule_id: str, found: Coverage, *, whole: bool, most: int | None) -> None:
    """`whole`: with its terms one by one. `most`: so many of those that never occurred, of each row."""
    print(output.shown(f"{rule_id}: {output.counted(found.entries, 'entry', 'entries')} that it may match"))
    print(output.shown(f"  {in_words(found) or 'it has words in every stored language'}"))
    for row, never in _never(found).items():
        named_ = ", ".join(never[:most])
        more = f" and {len(never) - most} more (--all)" if most is not None and len(never) > most else ""
        print(output.shown(f"  never occurred{row and f' ({row})'}: {named_}{more}"))
    for taken in found.taken:
        said = f" (right {taken.right}, wrong {taken.wrong})" if taken.right or taken.wrong else ""
        print(output.shown(f"  {taken.clause}: takes {taken.entries} away{said}"))
    if whole:
        columns: list[output.Column] = [
            output.column("term"),
            ("row", lambda one: one["language"] or "-"),
            output.column("entries"),
            output.column("matched"),
            output.column("right"),
            output.column("wrong"),
        ]
        output.as_table([asdict(term) for term in found.terms], columns, empty="no terms")


def _never(found: Coverage) -> dict[str, list[str]]:
    """By row of the lists, the terms that never occurred; those that are asked everywhere first, under no name."""
    rows: dict[str, list[str]] = {}
    for term in sorted(found.terms, key=lambda one: one.language):
        if not term.entries:
            rows.setdefault(term.language, []).append(term.term)
    return rows
