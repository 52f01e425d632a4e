"""`monitor rules misses | suggest | words | coverage | score`: what a rule lacks, and words that would bring it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound, now, warn
from monitor.cli.labels import named, read_labels
from monitor.config import Loaded
from monitor.config.rule_edits import FileEdit, edited
from monitor.core.rules import Explained, explain
from monitor.core.text.fold import fold
from monitor.core.text.languages import canonical
from monitor.tuning import misses as missing
from monitor.tuning.closeness import in_letters
from monitor.tuning.coverage import Coverage, in_words
from monitor.tuning.coverage import coverage as covered
from monitor.tuning.drafts import ANY, Draft, also, extended
from monitor.tuning.meaning import AT_ONCE, Meanings, is_installed, meant, words_meant
from monitor.tuning.rule_history import RuleHistory, of_texts, read_history
from monitor.tuning.score import Figures, Scores, from_lines, rules_of, scored
from monitor.tuning.suggest import Closeness, Suggester, Suggestion, suggested
from monitor.tuning.words import Proposal, candidates, proposed, written

RuleId = Annotated[str, typer.Argument(metavar="RULE")]
MeaningOption = Annotated[
    bool | None,
    typer.Option(
        "--meaning/--no-meaning",
        help="Go by what texts mean, too. Default: where the extra meaning is installed.",
        show_default=False,
    ),
]
SHOWN = 10
"""Lines of `misses` that a person reads at once."""
WORDS_SHOWN = 10
ADDABLE = 500
"""Proposals of a language among which a word that is to be added is looked for."""
NEW_SHOWN = 15
"""Headlines of what a suggestion would find anew."""


def register(app: typer.Typer) -> None:
    """The commands, under `monitor rules`."""
    app.command("misses")(misses)
    app.command("suggest")(suggest)
    app.command("words")(words)
    app.command("coverage")(coverage)
    app.command("score")(score)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a command works with."""

    loaded: Loaded
    history: RuleHistory
    read: Meanings | None
    """None: by words alone."""


@contextmanager
def _desk(context: typer.Context, rule_id: str, *, meaning: bool | None = False) -> Iterator[_Desk]:
    """One rule and its history. `meaning` None: where the extra is installed."""
    own: Context = context.obj
    loaded = own.load()
    named(loaded, rule_id)
    if meaning and not is_installed():
        raise NotFound(
            "the extra is not installed: pip install 'news-monitor[meaning]'; --no-meaning goes by words alone"
        )
    with own.asked(loaded) as store:
        history = read_history(store, loaded.config.feeds, loaded.config.rules[rule_id], loaded.config.lists)
        if not history.texts:
            raise NotFound("no entry is stored yet; `monitor run --once --all` polls every feed")
        if meaning is False or not is_installed():
            yield _Desk(loaded, history, None)
            return
        with Meanings(store, now=now(), progress=_progress) as read:
            yield _Desk(loaded, history, read)


def _progress(done: int, of: int) -> None:
    if of > AT_ONCE and (done == of or done % (AT_ONCE * 8) == 0):
        warn(f"texts read for their meaning: {done} of {of}; each is read once")


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
    with _desk(context, rule_id, meaning=meaning) as desk:
        history = desk.history
        meant_ = meant(history, desk.read) if desk.read else None
        found = missing.ranked(history.texts, history.known, history.subject, meant_)[:limit]
        telling = Suggester(history, closeness=in_letters)
        documents = [_miss(one, history, telling) for one in found]
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
    meaning: MeaningOption = None,
    json: Json = False,
) -> None:
    """Propose an edit of a rule from what was labelled, as a text diff, with what it would find.

    Nothing is written without --write.
    """
    with _desk(context, rule_id, meaning=meaning) as desk:
        history = desk.history
        closeness = words_meant(history, desk.read, in_letters).closeness if desk.read else in_letters
        proposal = suggested(history, closeness=closeness, every=every)
    edits = _edits(desk.loaded, rule_id, proposal.draft) if proposal.draft.added else []
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
        warn("suggest --all learns from those labels, too; then nothing is left to check by")
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
    with _desk(context, rule_id, meaning=meaning) as desk:
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
        ("language", lambda one: one["language"]),
        ("word", lambda one: ", ".join(one["terms"])),
        ("for the list", lambda one: one["list"] or "-"),
        ("found", lambda one: one["found"]),
        ("missed", lambda one: one["missed"]),
        ("elsewhere", lambda one: one["elsewhere"]),
    ]
    output.as_table(documents, columns, empty="no stored entry has a word to propose")


def _proposals(desk: _Desk, lang: str | None, *, most: int) -> list[Proposal]:
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
    desk: _Desk, proposals: Sequence[Proposal], words_: Sequence[str], to: str | None, lang: str | None
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
    edits = _edits(desk.loaded, history.rule.id, draft)
    for edit in edits:
        edit.write()
        print(output.shown(edit.diff))
    if not edits:
        print("the rule has these words already")


def coverage(
    context: typer.Context,
    rule_id: Annotated[str | None, typer.Argument(metavar="[RULE]", show_default=False)] = None,
    json: Json = False,
) -> None:
    """Say in which stored languages a rule has no word, what each of its terms finds, what exclusions take away."""
    own: Context = context.obj
    loaded = own.load()
    if rule_id is not None:
        named(loaded, rule_id)
    documents = []
    with own.asked(loaded) as store:
        for one in [rule_id] if rule_id else list(loaded.config.rules):
            rule = loaded.config.rules[one]
            history = read_history(store, loaded.config.feeds, rule, loaded.config.lists)
            if not history.texts:
                raise NotFound("no entry is stored yet; `monitor run --once --all` polls every feed")
            documents.append((one, covered(history)))
    if json:
        output.as_json([_coverage(one, found) for one, found in documents])
        return
    for one, found in documents:
        _print_coverage(one, found, whole=rule_id is not None)


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


def _print_coverage(rule_id: str, found: Coverage, *, whole: bool) -> None:
    """`whole`: with its terms one by one."""
    never = [term.term for term in found.terms if not term.entries]
    print(output.shown(f"{rule_id}: {output.counted(found.entries, 'entry', 'entries')} that it may match"))
    print(output.shown(f"  {in_words(found) or 'it has words in every stored language'}"))
    if never:
        print(output.shown(f"  never occurred: {', '.join(never)}"))
    for taken in found.taken:
        said = f" (right {taken.right}, wrong {taken.wrong})" if taken.right or taken.wrong else ""
        print(output.shown(f"  {taken.clause}: takes {taken.entries} away{said}"))
    if whole:
        columns: list[output.Column] = [
            ("term", lambda one: one["term"]),
            ("row", lambda one: one["language"] or "-"),
            ("entries", lambda one: one["entries"]),
            ("matched", lambda one: one["matched"]),
            ("right", lambda one: one["right"]),
            ("wrong", lambda one: one["wrong"]),
        ]
        output.as_table([asdict(term) for term in found.terms], columns, empty="no terms")


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
