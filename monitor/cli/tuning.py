"""`monitor rules misses`, `suggest`, `score`: what a rule lacks, and words that would bring it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound, warn
from monitor.cli.labels import named, read_labels
from monitor.config import Loaded
from monitor.config.rule_edits import FileEdit, edited
from monitor.core.rules import Explained, explain
from monitor.tuning import misses as missing
from monitor.tuning.closeness import in_letters
from monitor.tuning.drafts import Draft
from monitor.tuning.rule_history import RuleHistory, of_texts, read_history
from monitor.tuning.score import Figures, Scores, from_lines, rules_of, scored
from monitor.tuning.suggest import Suggester, Suggestion, suggested

RuleId = Annotated[str, typer.Argument(metavar="RULE")]
SHOWN = 10
"""Lines of `misses` that a person reads at once."""
NEW_SHOWN = 15
"""Headlines of what a suggestion would find anew."""


def register(app: typer.Typer) -> None:
    """The commands, under `monitor rules`."""
    app.command("misses")(misses)
    app.command("suggest")(suggest)
    app.command("score")(score)


@contextmanager
def _history(context: typer.Context, rule_id: str) -> Iterator[tuple[Loaded, RuleHistory]]:
    own: Context = context.obj
    loaded = own.load()
    named(loaded, rule_id)
    with own.asked(loaded) as store:
        history = read_history(store, loaded.config.feeds, loaded.config.rules[rule_id], loaded.config.lists)
    if not history.texts:
        raise NotFound("no entry is stored yet; `monitor run --once --all` polls every feed")
    yield loaded, history


def misses(
    context: typer.Context,
    rule_id: RuleId,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="So many, the likeliest first.")] = SHOWN,
    json: Json = False,
) -> None:
    """List stored entries that the rule did not match and that probably are its subject, the likeliest first.

    Say of each whether it is: monitor rules label ENTRY RULE missed, or wrong. The next list is the better for it.
    """
    with _history(context, rule_id) as (_, history):
        found = missing.ranked(history.texts, history.known, history.subject)[:limit]
        words = Suggester(history, closeness=in_letters)
        documents = [_miss(one, history, words) for one in found]
    if json:
        output.as_json(documents)
        return
    columns: list[output.Column] = [
        ("entry", lambda one: one["entry"]),
        ("language", lambda one: one["language"] or "-"),
        ("feed", lambda one: one["feed"]),
        ("title", lambda one: one["title"]),
        ("lacks", lambda one: one["lacks"]),
        ("words", lambda one: ", ".join(one["words"])),
    ]
    output.as_table(
        documents, columns, empty="every stored entry is matched or labelled", main="title", spare=("feed",)
    )
    then = f"then monitor rules suggest {rule_id}"
    warn(f"label what you know: monitor rules label ENTRY {rule_id} missed (or wrong); {then}")


def _miss(one: missing.Miss, history: RuleHistory, words: Suggester) -> dict[str, Any]:
    entry = history.past[one.text.entry_id].entry
    explanation = explain(history.rules, history.rule.id, one.text.document)
    return {
        "entry": entry.id,
        "title": entry.title,
        "url": entry.url,
        "feed": entry.feed_id,
        "language": entry.language,
        "published_at": entry.published_at,
        "likeness": round(one.points, 3),
        "same_story": one.same_story,
        "lacks": explanation.out_of_scope
        or "; ".join(_failed(explanation.query))
        or _shut_out(explanation.exclude),
        "words": words.telling(one.text)[:4],
    }


def _failed(clause: Explained | None) -> list[str]:
    """The parts that did not hold, each with how near it came."""
    if clause is None or clause.held:
        return []
    parts = [text for part in clause.parts for text in _failed(part)]
    if clause.note and not clause.parts:
        return [f"{clause.text}: {clause.note}"]
    failed = [part for part in clause.parts if not part.held]
    if len(failed) == len(clause.parts) and len(parts) > 2:
        return [f"{clause.text}" + (f": {clause.note}" if clause.note else "")]
    return parts or [clause.text]


def _shut_out(clause: Explained | None) -> str:
    return f"shut out by {clause.text}" if clause and clause.held else ""


def suggest(
    context: typer.Context,
    rule_id: RuleId,
    write: Annotated[
        bool, typer.Option("--write", help="Write it into the rule’s file; comments stay.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Learn from all labels, also from those that are kept to check by.")
    ] = False,
    json: Json = False,
) -> None:
    """Propose an edit of a rule from what was labelled, as a text diff, with what it would find.

    Nothing is written without --write.
    """
    with _history(context, rule_id) as (loaded, history):
        proposal = suggested(history, closeness=in_letters, every=every)
    edits = _edits(loaded, rule_id, proposal.draft) if proposal.draft.added else []
    if write:
        for edit in edits:
            edit.write()
    if json:
        output.as_json(_proposal(proposal, edits, written=write and bool(edits)))
        return
    if not edits:
        print(_nothing(proposal, rule_id))
        return
    for edit in edits:
        print(output.shown(edit.diff))
    _print_outcome(proposal, history)
    if write:
        print(output.shown("written: " + ", ".join(str(edit.path) for edit in edits)))
    else:
        warn(f"nothing is written; monitor rules suggest {rule_id} --write does it")


def _edits(loaded: Loaded, rule_id: str, draft: Draft) -> list[FileEdit]:
    return edited(loaded.rule_files, rule_id, query=draft.query, exclude=draft.exclude, added=draft.added)


def _nothing(proposal: Suggestion, rule_id: str) -> str:
    if not proposal.right_before and not proposal.wrong_before and not proposal.missed:
        return (
            f"nothing was labelled for {rule_id} yet; monitor rules misses {rule_id} lists what is worth it"
        )
    if proposal.missed:
        missed = output.counted(proposal.missed, "entry", "entries")
        return f"{missed} labelled as missed, and no word that brings them and nothing wrong"
    return "the rule finds all that was labelled as right or missed, and nothing that was labelled as wrong"


def _print_outcome(proposal: Suggestion, history: RuleHistory) -> None:
    print()
    print(
        f"labelled entries: right {proposal.right_before} → {proposal.right_after}, "
        f"wrong {proposal.wrong_before} → {proposal.wrong_after} (still missed: {proposal.missed})"
    )
    if any(proposal.kept):
        right, wrong = zip(proposal.kept_before, proposal.kept_after, proposal.kept, strict=True)
        print(
            f"labels that it was not made from: right {right[0]} → {right[1]} of {right[2]}, "
            f"wrong {wrong[0]} → {wrong[1]} of {wrong[2]}"
        )
    unsaid = [history.past[i].entry for i in proposal.unsaid]
    print(f"found anew and not labelled: {len(unsaid)}")
    for entry in unsaid[:NEW_SHOWN]:
        print(output.shown(f"  {entry.id}  {entry.language or '-'}  {entry.title}"))
    if proposal.lost:
        print(f"no longer found, and not labelled: {len(proposal.lost)}")
        for i in proposal.lost[:NEW_SHOWN]:
            print(output.shown(f"  {i}  {history.past[i].entry.title}"))


def _proposal(proposal: Suggestion, edits: Sequence[FileEdit], *, written: bool) -> dict[str, Any]:
    return {
        "rule": proposal.draft.rule.id,
        "query": proposal.draft.query,
        "exclude": proposal.draft.exclude,
        "added": proposal.draft.added,
        "diff": "\n".join(edit.diff for edit in edits),
        "right": [proposal.right_before, proposal.right_after],
        "wrong": [proposal.wrong_before, proposal.wrong_after],
        "missed": proposal.missed,
        "kept_back": {"of": proposal.kept, "before": proposal.kept_before, "after": proposal.kept_after},
        "found_anew": proposal.unsaid,
        "lost": proposal.lost,
        "written": written,
    }


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
        ("false", lambda one: one["false"]),
    ]
    if other:
        columns += [
            ("recall there", lambda one: _rate(one["other"]["recall"])),
            ("precision there", lambda one: _rate(one["other"]["precision"])),
        ]
    output.as_table(documents, columns, empty="nothing was labelled")


def _other(path: Path, history: RuleHistory) -> RuleHistory:
    """The same labels in the eyes of the other config's rule of this id."""
    rules, lists = rules_of(path)
    rule = rules.get(history.rule.id)
    if rule is None:
        raise NotFound(f'{path} has no rule "{history.rule.id}" that can be read')
    known = history.known
    return of_texts(rule, lists, history.past, right=known.right, wrong=known.wrong)


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
