"""`monitor rules misses | doubts | suggest`: what a rule lacks or finds wrongly, and an edit that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import warn
from monitor.cli.desk import MeaningOption, RuleId, desk_of, edits_of
from monitor.config.rule_edits import FileEdit
from monitor.tuning import misses as missing
from monitor.tuning.closeness import in_letters
from monitor.tuning.meaning import words_meant
from monitor.tuning.rule_history import RuleHistory
from monitor.tuning.suggest import Suggester
from monitor.tuning.suggestion import Suggestion, suggested
from monitor.views.misses import about, document

SHOWN = 10
"""Lines of `misses` that a person reads at once."""
NEW_SHOWN = 15
"""Headlines of what a suggestion would find anew."""

ENTRY: Sequence[output.Column] = (
    output.column("entry"),
    ("language", lambda one: one["language"] or "-"),
    output.column("feed"),
    output.column("title"),
)
"""What both lists say of an entry."""


def misses(
    context: typer.Context,
    rule_id: RuleId,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="So many, the likeliest first.")] = SHOWN,
    meaning: MeaningOption = None,
    json: Json = False,
) -> None:
    """List stored entries that the rule did not match and that probably are its subject, the likeliest first.

    Say of each whether it is: monitor rules label ENTRY RULE missed, or wrong. The next list is the better for it.
    """
    with desk_of(context, rule_id, meaning=meaning) as desk:
        history = desk.history
        found = missing.ranked(history.texts, history.known, history.subject, desk.meant())[:limit]
        telling = Suggester(history, closeness=in_letters)
        documents = [document(one, history, telling) for one in found]
    if json:
        output.as_json(documents)
        return
    lacking: list[output.Column] = [
        output.column("lacks"),
        ("words", lambda one: ", ".join(one["words"])),
    ]
    output.as_table(
        documents,
        [*ENTRY, *lacking],
        empty="every stored entry is matched or labelled",
        main="title",
        spare=("feed",),
    )
    then = f"then monitor rules suggest {rule_id}"
    warn(f"label what you know: monitor rules label ENTRY {rule_id} missed (or wrong); {then}")


def doubts(
    context: typer.Context,
    rule_id: RuleId,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="So many, the most doubtful first.")] = SHOWN,
    meaning: MeaningOption = None,
    json: Json = False,
) -> None:
    """List stored entries that the rule matched and that nobody judged, those first that are least like the others.

    Say of each what it is: monitor rules label ENTRY RULE wrong, or right. From what is wrong suggest learns what to
    shut out.
    """
    with desk_of(context, rule_id, meaning=meaning) as desk:
        history = desk.history
        found = missing.doubtful(history.texts, history.known, history.subject, desk.meant())[:limit]
        documents = [about(one, history) for one in found]
    if json:
        output.as_json(documents)
        return
    output.as_table(
        documents,
        ENTRY,
        empty="all that the rule matches was labelled, or it matches nothing",
        main="title",
        spare=("feed",),
    )
    if documents:
        warn(f"label what you know: monitor rules label ENTRY {rule_id} wrong (or right)")


def suggest(
    context: typer.Context,
    rule_id: RuleId,
    write: Annotated[
        bool, typer.Option("--write", help="Write it into the rule’s file; comments stay.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Learn from all labels, also from those that are kept to check by.")
    ] = False,
    meaning: MeaningOption = None,
    json: Json = False,
) -> None:
    """Propose an edit of a rule from what was labelled, as a text diff, with what it would find.

    Nothing is written without --write.
    """
    with desk_of(context, rule_id, meaning=meaning) as desk:
        history = desk.history
        closeness = words_meant(history, desk.read, in_letters).closeness if desk.read else in_letters
        proposal = suggested(history, closeness=closeness, every=every)
    edits = edits_of(desk.loaded, rule_id, proposal.draft) if proposal.draft.added else []
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
    if not history.known.said:
        warn(
            f"nothing was labelled for {rule_id} yet: these are what its words are called in the languages that are "
            f"stored; monitor rules misses {rule_id} lists what is worth a label"
        )
    _print_outcome(proposal, history)
    if write:
        print(output.shown("written: " + ", ".join(str(edit.path) for edit in edits)))
    else:
        warn(f"nothing is written; monitor rules suggest {rule_id} --write does it")


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
        warn("suggest --all learns from those labels, too; then nothing is left to check by")
    unsaid = [history.past[i].entry for i in proposal.unsaid]
    print(f"found anew and not labelled: {len(unsaid)}")
    if unsaid:
        warn(
            f"once it is written, monitor rules doubts {proposal.draft.rule.id} lists them, the doubtful first"
        )
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
