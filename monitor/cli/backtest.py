"""`monitor rules backtest`: what a rule would have told of what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, TypeVar

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console

from monitor.cli import output
from monitor.cli.arguments import Json, Since
from monitor.cli.context import Context, NotFound, now, warn
from monitor.config import Loaded
from monitor.core.alerts.render import text
from monitor.core.rules import RuleSet
from monitor.tuning.backtest import Backtest, Replayed, backtest
from monitor.tuning.draft_files import drafted, read_draft
from monitor.tuning.history import Progress, chosen
from monitor.tuning.typed import understood
from monitor.views import backtest as view

WIDEST = 100
"""Characters of a line, however wide the terminal is."""
BAR = 34

Result = TypeVar("Result")

DraftFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="DRAFT.toml", help="Take the rule from this file, not from the config."),
]
Query = Annotated[
    str | None,
    typer.Option("--query", metavar="QUERY", help="Try this query; with a RULE, in place of the rule's own."),
]


def run(
    context: typer.Context,
    rule_id: Annotated[str | None, typer.Argument(metavar="[RULE]", show_default=False)] = None,
    since: Since = None,
    file: DraftFile = None,
    query: Query = None,
    texts: Annotated[bool, typer.Option("--texts", help="Show the messages' texts.")] = False,
    json: Json = False,
) -> None:
    """Say what a rule would have found, and sent you, of all that is stored: nothing is sent, nothing is changed.

    The whole way is gone again: matches, copies, stories, waits, updates, quiet hours, silences, limits. Not in it
    are the other rules' messages, bursts and lulls, and hours in which the monitor did not run.
    """
    own: Context = context.obj
    loaded = own.load()
    rules = _tried(loaded, rule_id, file=file, query=query)
    with own.asked(loaded) as store:
        asked = backtest(
            store, loaded.config, rules, now=now(), since=now() - since if since is not None else None
        )
        found = last(asked, Backtest)
    zone = loaded.config.alerting.zone
    if json:
        output.as_json(view.document(found, zone=zone, texts=texts))
        return
    if not found.stored:
        where = "in that time" if since is not None else "yet"
        warn(
            f"nothing is stored {where}: `monitor run` polls the feeds, `monitor entries list` shows what came"
        )
    for line in _lines(found, zone=zone, texts=texts):
        print(output.shown(line))


def _tried(loaded: Loaded, rule_id: str | None, *, file: Path | None, query: str | None) -> RuleSet:
    """The one rule that is tried. Raises NotFound, ConfigError."""
    rules, lists, named = loaded.rules, loaded.config.lists, loaded.config.rules
    if file is not None:
        rules, rule = drafted(file, rule_id or "", lists, channels=loaded.config.channels)
        rule_id, lists, named = rule.id, {**lists, **read_draft(file, lists).lists}, {rule.id: rule}
    if rule_id is not None and rule_id not in named:
        raise NotFound(f'there is no rule "{rule_id}"; `monitor rules list` shows those there are')
    if query is not None:
        compiled, problems = understood(query, lists, rule=named[rule_id] if rule_id else None)
        for problem in problems:
            warn(str(problem))
        return compiled
    if rule_id is None:
        raise typer.BadParameter("name a RULE, or give a --query")
    return chosen(rules, rule_id)


def last(steps: Iterator[Progress | Replayed | Result], kind: type[Result]) -> Result:
    """What the steps come to, how far they have come being shown where a person waits."""
    with _status() as say:
        for step in steps:
            if isinstance(step, kind):
                return step
            if isinstance(step, Progress):
                expected = f"{step.found:,} found, about {step.estimate:,} in all"
                say(f"asked of {step.asked:,} of {step.of:,} entries: {expected}")
            if isinstance(step, Replayed):
                say(f"replayed {step.played:,} of {step.of:,}: {step.told:,} messages")
    raise AssertionError(kind)  # pragma: no cover - they end with one


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _text: None
        return
    with console.status("") as status:
        yield status.update


def _lines(found: Backtest, *, zone: str, texts: bool) -> Iterator[str]:
    width = min(get_terminal_size((80, 24)).columns, WIDEST)
    rules, many = ", ".join(found.rules), len(found.told)
    yield f"{rules} finds {len(found.found):,} of the {found.stored:,} entries stored in {_days(found)};"
    yield f"you would have received {output.counted(many, 'message')}" + (
        f", {found.told_a_day:.1f} a day" if many else ""
    )
    if not found.found:
        return
    yield ""
    yield from _plot(view.plotted(found, zone))
    yield ""
    room = width - len("by language  ")
    yield f"by outlet    {view.shares(found.outlets, most=12, width=room)}"
    yield f"by language  {view.shares(found.languages, most=12, width=room)}"
    became = {str(verdict): count for verdict, count in found.verdicts.items()}
    yield f"became       {view.shares(became, most=12, width=room)}"
    if found.told:
        yield ""
    for told in found.told:
        kind = view.kind(told.message)
        at = output.local(told.at, zone)
        head = f"{at}  {kind + ': ' if kind else ''}{view.headline(told.message)}"
        outlets = f"  ({output.counted(told.message.outlets, 'outlet')})" if told.message.outlets > 1 else ""
        yield cut(head, width - len(outlets)) + outlets
        if texts:
            yield from ("    " + line for line in text(told.message).strip().splitlines())
            yield ""


def _plot(steps: Sequence[tuple[object, int, int]]) -> Iterator[str]:
    most = max((met for _, met, _ in steps), default=0) or 1
    digits = len(f"{most:,}")
    for day, met, told in steps:
        bar = "█" * round(met * BAR / most) or ("▏" if met else "")
        yield f"{day}  {bar:<{BAR}}  {met:>{digits},} found" + (f", {told:,} told" if told else "")


def cut(text: str, width: int) -> str:
    """So much of it as so many cells of a terminal hold."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def _days(found: Backtest) -> str:
    return output.counted(round(found.days), "day")
