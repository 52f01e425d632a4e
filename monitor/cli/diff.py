"""`monitor rules diff`: what other rules would find and tell, beside those in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from monitor.cli import output
from monitor.cli.arguments import Json, Since
from monitor.cli.backtest import WIDEST, cut, last
from monitor.cli.context import Context, NotFound, now, warn
from monitor.config import Loaded
from monitor.core.rules import RuleSet
from monitor.core.rules.deciding import Kind
from monitor.model import Rule
from monitor.tuning.diff import Difference, Turned, Version, difference
from monitor.tuning.draft_files import read_other
from monitor.tuning.history import chosen
from monitor.views import diff as view

SHOWN = 20
"""Entries gained, and lost, that are shown of each rule."""


def run(
    context: typer.Context,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="A config folder, or a file with rules.")],
    rule_id: Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only this rule.")] = None,
    since: Since = None,
    limit: Annotated[
        int, typer.Option(min=0, metavar="N", help="Entries shown of each rule, gained and lost; 0: all.")
    ] = SHOWN,
    json: Json = False,
) -> None:
    """Say what the rules of OTHER would find that those in force do not, what they would lose, and why.

    For each rule that differs: the entries gained and lost with the clause that made the difference, how many stay,
    messages a day before and after, and, where entries are labelled, precision and recall. Of a folder the rules and
    lists count: channels, zone and quiet hours are those in force. Nothing is written or sent.
    """
    own: Context = context.obj
    loaded = own.load()
    draft = read_other(other, loaded.config.lists, channels=loaded.config.channels, feeds=loaded.config.feeds)
    if not draft.rules:
        raise NotFound(f"there are no rules in {other / 'rules'}; name a config folder or a file with rules")
    theirs, others = draft.rules, draft.compiled
    pairs = _differing(loaded, theirs, others, whole=other.is_dir())
    if rule_id is not None:
        if rule_id not in {*loaded.config.rules, *theirs}:
            raise NotFound(
                f'there is no rule "{rule_id}", here or in {other}; `monitor rules list` shows those here'
            )
        pairs = {name: pair for name, pair in pairs.items() if name == rule_id}
    at = now()
    with own.asked(loaded) as store:
        found = [
            last(
                difference(
                    store,
                    name,
                    before=before,
                    after=after,
                    now=at,
                    since=at - since if since is not None else None,
                ),
                Difference,
            )
            for name, (before, after) in pairs.items()
        ]
    if json:
        output.as_json([view.document(one) for one in found])
        return
    if not found:
        warn("no rule differs" if rule_id is None else f"{rule_id} does not differ")
    if found and not any(one.stored for each in found for one in (each.before, each.after) if one):
        warn("nothing is stored in that time: `monitor entries list` shows what came")
    for number, one in enumerate(found):
        if number:
            print()
        for line in _lines(one, zone=loaded.config.alerting.zone, most=limit or None):
            print(output.shown(line))


def _differing(
    loaded: Loaded, theirs: Mapping[str, Rule], others: RuleSet, *, whole: bool
) -> dict[str, tuple[Version | None, Version | None]]:
    """The rules that differ, by id; of a `whole` config also those that it does not have."""
    own = loaded.config.rules
    found: dict[str, tuple[Version | None, Version | None]] = {}
    for name in [*own, *(name for name in theirs if name not in own)]:
        if name not in theirs and not whole:
            continue
        before = Version(loaded.config, chosen(loaded.rules, name)) if name in own else None
        after = Version(loaded.config, chosen(others, name)) if name in theirs else None
        if before is None or after is None or not _alike(before, after):
            found[name] = (before, after)
    return found


def _alike(one: Version, other: Version) -> bool:
    name = one.rule_id
    same = one.rules.read[name].rule == other.rules.read[name].rule
    return same and one.rules.rule(name).version == other.rules.rule(name).version


def _lines(found: Difference, *, zone: str, most: int | None) -> Iterator[str]:
    sort = " (new)" if found.before is None else " (gone)" if found.after is None else ""
    yield (
        f"{found.rule_id}{sort}: {len(found.gained):,} gained, {len(found.lost):,} lost, "
        f"{found.kept:,} unchanged"
    )
    told = [
        f"{len(one.told):,} ({one.told_a_day:.1f} a day)" if one else "none"
        for one in (found.before, found.after)
    ]
    yield f"messages: {told[0]} before, {told[1]} after"
    before, after = found.labelled_before, found.labelled_after
    if after.labelled:
        yield (
            f"labelled: precision {view.share(before.precision)} before, {view.share(after.precision)} after; "
            f"recall {view.share(before.recall)}, {view.share(after.recall)}"
        )
    yield from _turned("+", found.gained, view.GAINED, zone=zone, most=most)
    yield from _turned("-", found.lost, view.LOST, zone=zone, most=most)


def _turned(
    sign: str, turned: Sequence[Turned], words: Mapping[Kind, str], *, zone: str, most: int | None
) -> Iterator[str]:
    width = min(get_terminal_size((80, 24)).columns, WIDEST)
    for one in turned[:most]:
        at = output.local(one.entry.first_seen_at, zone)
        yield cut(f"{sign} {one.entry.id}  {at}  {one.entry.title}", width)
        yield cut(f"    {words[one.by.kind].format(one.by.text)}", width)
    if most is not None and len(turned) > most:
        yield f"{sign} {len(turned) - most:,} more; --limit 0 shows all"
