"""`monitor rules capture`: a false alarm or a miss becomes a test of the rule, in its file."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli import output
from monitor.cli.context import Context, NotFound, warn
from monitor.cli.labels import entry_named, named
from monitor.config.rule_edits import Kind, with_example, written
from monitor.core.rules.examples import example_document
from monitor.errors import ConfigError
from monitor.model import OF_RULES, Mark
from monitor.store import labels
from monitor.tuning.capture import as_example


def capture(
    context: typer.Context,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY")],
    rule_id: Annotated[str, typer.Argument(metavar="RULE")],
    must: Annotated[
        bool | None,
        typer.Option("--match/--not", help="What the rule must do with it. Default: what its label says."),
    ] = None,
) -> None:
    """Write an entry's headline into the rule's must_match or must_not_match; `monitor check` holds the rule to it.

    More of its text, and its language, where the headline alone would not show it. Comments in the file stay.
    """
    own: Context = context.obj
    loaded = own.load()
    named(loaded, rule_id)
    with own.asked(loaded) as store, store.reading() as connection:
        entry = entry_named(connection, entry_id)
        said = [one.mark for one in labels.listed(connection, rule_id=rule_id, entry_ids=[entry_id])]
    if must is None:
        must = _must(said, entry_id, rule_id)
    kind: Kind = "must_match" if must else "must_not_match"
    rule = loaded.config.rules[rule_id]
    example = as_example(entry, rule, loaded.rules)
    text = written(example)
    place = loaded.rule_files.rule_homes[rule_id].place
    try:
        edit = with_example(loaded.rule_files, rule_id, kind, example)
        edit.write()
    except ConfigError:
        print(output.shown(f"{kind} = [\n  {text},\n]"))
        warn(f"{place}: paste this into the rule, or add it to its {kind}:")
        raise
    if edit.before == edit.after:
        print(output.shown(f"{place}: {kind} has it already: {text}"))
        return
    print(output.shown(f"{place}: {kind}: {text}"))
    matches = loaded.rules.rule(rule_id).match(loaded.rules.reading(example_document(example, rule)))
    if bool(matches) != must:
        warn(
            f"the rule {'matches' if matches else 'does not match'} it yet: `monitor check` fails until you mend it"
        )


def _must(said: list[Mark], entry_id: int, rule_id: str) -> bool:
    """What the label says. Raises NotFound where there is none."""
    marks = [one for one in said if one in OF_RULES]
    if not marks:
        raise NotFound(
            f"nothing was said of entry {entry_id} and rule {rule_id}: say --match or --not, "
            f"or label it first (`monitor rules label {entry_id} {rule_id} right|wrong|missed`)"
        )
    return marks[0] is not Mark.WRONG
