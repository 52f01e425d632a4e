"""`monitor rules score`: recall and precision of a rule on labelled entries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound
from monitor.cli.desk import RuleId
from monitor.cli.labels import named, read_labels
from monitor.tuning.draft_files import read_other
from monitor.tuning.rule_history import RuleHistory, of_texts, read_history
from monitor.tuning.score import Figures, Scores, from_lines, scored


def score(
    context: typer.Context,
    rule_id: RuleId,
    labels_file: Annotated[
        str | None,
        typer.Argument(metavar="LABELS.jsonl", show_default=False, help="Instead of the stored labels."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="OTHER", help="A config folder or a file of rules to compare with."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Print recall and precision of a rule on labelled entries: in all, by language, by the clause that decided."""
    own: Context = context.obj
    loaded = own.load()
    named(loaded, rule_id)
    rule, lists = loaded.config.rules[rule_id], loaded.config.lists
    if labels_file is None:
        with own.asked(loaded) as store:
            history = read_history(store, loaded.config.feeds, rule, lists)
    else:
        history = from_lines(read_labels(labels_file), rule, lists)
    if not history.known.said:
        raise NotFound(
            f"nothing was labelled for {rule_id}; monitor rules misses {rule_id} lists what is worth it"
        )
    scores = scored(history)
    other = None if against is None else scored(_other(against, history))
    if json:
        output.as_json(_scores(scores) | ({"against": _scores(other)} if other else {}))
        return
    documents = [
        {"what": name, **_figures(figures), "other": _figures(other.named(name)) if other else {}}
        for name, figures in scores.every()
    ]
    columns: list[output.Column] = [
        ("of", lambda one: one["what"]),
        ("recall", lambda one: _rate(one["recall"])),
        ("found", lambda one: f"{one['found']} of {one['right']}"),
        ("precision", lambda one: _rate(one["precision"])),
        output.column("false"),
    ]
    if other:
        columns += [
            ("recall there", lambda one: _rate(one["other"]["recall"])),
            ("precision there", lambda one: _rate(one["other"]["precision"])),
        ]
    output.as_table(documents, columns, empty="nothing was labelled")


def _other(path: Path, history: RuleHistory) -> RuleHistory:
    """The same labels in the eyes of the other config's rule of this id."""
    other = read_other(path, history.lists)
    rule = other.rules.get(history.rule.id)
    if rule is None:
        raise NotFound(f'{path} has no rule "{history.rule.id}" that can be read')
    known = history.known
    return of_texts(rule, other.lists, history.past, right=known.right, wrong=known.wrong)


def _scores(scores: Scores) -> dict[str, Any]:
    return {name: _figures(figures) for name, figures in scores.every()}


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "recall": figures.recall,
        "precision": figures.precision,
        "found": figures.found,
        "right": figures.right,
        "false": figures.false,
        "labelled": figures.labelled,
    }


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
