"""`monitor rules`: the rules in force, tried on texts, and why one did or did not match."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from monitor.cli import backtest, diff, labels, misses, output, score, vocabulary
from monitor.cli.arguments import Json
from monitor.cli.broken import broken_rule
from monitor.cli.capture import capture
from monitor.cli.context import Context, NotFound, now, warn
from monitor.cli.sources import Given, given, is_named, typed
from monitor.config import Loaded
from monitor.core.alerts.excerpt import excerpt
from monitor.core.examine import document_of
from monitor.core.rules import Explained, Explanation, RuleSet, explain, explain_text
from monitor.core.text.document import Document
from monitor.errors import FetchError
from monitor.model import Feed, FeedEntry, Field, Match, Rule, Span
from monitor.store import alerts, bursts
from monitor.store import rules as stored_rules
from monitor.tuning.draft_files import drafted
from monitor.views.broken import broken_rules
from monitor.views.rules import documents_of

app = typer.Typer(help="The keyword rules.", no_args_is_help=True)
app.command("backtest")(backtest.run)
app.command("diff")(diff.run)
app.command("label")(labels.label)
app.command("capture")(capture)
app.add_typer(labels.app, name="labels")
app.command("misses")(misses.misses)
app.command("doubts")(misses.doubts)
app.command("suggest")(misses.suggest)
app.command("words")(vocabulary.words)
app.command("coverage")(vocabulary.coverage)
app.command("score")(score.score)

RuleId = Annotated[str, typer.Argument(metavar="RULE")]
EXCERPT = 300
"""Characters of a text that are shown around what matched."""


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the rules of the config with how much they have found."""
    own: Context = context.obj
    loaded = own.understood()
    with own.asked(loaded) as store, store.reading() as connection:
        found = alerts.matches_by_rule(connection)
        paces = bursts.known(connection, now())
        ran = stored_rules.ran(connection)
    loaded = loaded.keeping(ran.rules, ran.lists)
    broken = {one["rule"]: one for one in broken_rules(loaded, ran)}
    for one in broken.values():
        warn(broken_rule(one, loaded.config.alerting.zone))
    documents = documents_of(
        loaded, matches=found, paces=paces, broken_since={name: one["since"] for name, one in broken.items()}
    )
    if json:
        output.as_json(documents)
        return
    columns: list[output.Column] = [
        output.column("id"),
        output.column("priority"),
        output.column("matches"),
        ("usual a day", lambda one: _said(one["pace"], "reports_a_day")),
        ("last 24 h", lambda one: _said(one["pace"], "last_day")),
        ("alerts go to", lambda one: one["alert"]),
        output.column("title"),
        output.column("place"),
    ]
    output.as_table(
        documents,
        columns,
        empty="no rules; see config/README.md for the first one",
        main="title",
        spare=("place", "alerts go to", "usual a day"),
    )


def _said(paces: Mapping[str, Any] | None, name: str) -> str:
    return f"{paces[name]:.0f}" if paces and paces[name] >= 10 else f"{paces[name]:.1f}" if paces else "-"


DraftOption = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="DRAFT", help="Take the rule as this file has it, not as the config does."
    ),
]


@app.command("explain")
def explain_(
    context: typer.Context,
    rule_id: RuleId,
    about: Annotated[
        str,
        typer.Argument(
            metavar="ENTRY|TEXT|FILE|URL",
            help="A stored entry's number; a headline; a file, folder, feed or web address; -: what is piped in.",
        ),
    ],
    draft: DraftOption = None,
    json: Json = False,
) -> None:
    """Say why a rule matches an entry or a text, or why not: clause by clause, with how near each came."""
    own: Context = context.obj
    loaded = own.load()
    rules, rule = _asked(loaded, rule_id, draft)
    if not about.isdecimal():
        texts = list(given(loaded, rule, about)) if is_named(loaded, about) else [typed(rule, about)]
        _explain_texts(rules, rule, texts, json=json)
        return
    entry_id = int(about)
    with own.asked(loaded) as store, store.reading() as connection:
        entry = labels.entry_named(connection, entry_id)
        decided = alerts.decisions(connection, entry_ids=[entry_id])
    feed = loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    document = document_of(entry, entry.language, feed)
    explanation = explain(rules, rule.id, document)
    outcome = [one for one in decided if one.match.rule_id == rule_id]
    if json:
        output.as_json(
            _explained(explanation)
            | {"entry": entry_id, "verdict": outcome[0].verdict if outcome else None}
            | {"reason": outcome[0].reason if outcome else None}
            | {"page_at": entry.page_at}
        )
        return
    print(output.shown(f"entry {entry.id}: {entry.title}"))
    if entry.page_at is not None:
        print("  its content was read from its page")
    print(output.shown(explain_text(explanation, document.texts())))
    for one in outcome:
        print(output.shown(f"  {one.verdict}: {one.reason}"))


def _explain_texts(rules: RuleSet, rule: Rule, texts: Sequence[Given], *, json: bool) -> None:
    explained = [(one, explain(rules, rule.id, one.document)) for one in texts]
    if json:
        output.as_json(
            [_explained(why) | {"source": one.source, "title": one.entry.title} for one, why in explained]
        )
        return
    for one, why in explained:
        print(output.shown(f"{one.source}: {one.entry.title}"))
        print(output.shown(explain_text(why, one.document.texts())))


@app.command("test")
def try_(
    context: typer.Context,
    rule_id: RuleId,
    sources: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Files, folders, feeds, web addresses; -: what is piped in."),
    ],
    why: Annotated[bool, typer.Option("--why", help="Explain every verdict, clause by clause.")] = False,
    draft: DraftOption = None,
    json: Json = False,
) -> None:
    """Try a rule on plain text, HTML, web pages, or feeds, whose entries are tried one by one.

    One that cannot be read keeps out no other; the command fails in the end.
    """
    own: Context = context.obj
    loaded = own.load()
    rules, rule = _asked(loaded, rule_id, draft)
    tried: list[_Tried] = []
    failed = 0
    for source in sources:
        try:
            tried += [_try(rules, rule, one) for one in given(loaded, rule, source)]
        except (NotFound, FetchError) as error:
            failed += 1
            warn(f"monitor: {error if isinstance(error, NotFound) else f'{source}: {error}'}")
    if json:
        output.as_json([_document(one) for one in tried])
    else:
        for one in tried:
            _print(one)
            if why:
                explained = explain(rules, rule.id, one.document)
                print(output.shown(explain_text(explained, one.document.texts())))
        matched = sum(one.match is not None for one in tried)
        print(f"{matched} of {len(tried)} match", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Tried:
    source: str
    entry: FeedEntry
    document: Document
    match: Match | None
    seconds: float


def _asked(loaded: Loaded, rule_id: str, draft: Path | None) -> tuple[RuleSet, Rule]:
    """The rule in force, or as the draft has it. Raises NotFound, or ConfigError with places in the draft."""
    if draft is not None:
        return drafted(draft, rule_id, loaded.config.lists)
    labels.named(loaded, rule_id)
    return loaded.rules, loaded.config.rules[rule_id]


def _try(rules: RuleSet, rule: Rule, one: Given) -> _Tried:
    began = perf_counter()
    matches = {match.rule_id: match for match in rules.match(one.document)}
    return _Tried(one.source, one.entry, one.document, matches.get(rule.id), perf_counter() - began)


def _print(tried: _Tried) -> None:
    sign = "match" if tried.match else "no match"
    score = f", score {tried.match.score:g}" if tried.match and tried.match.score is not None else ""
    name = tried.entry.title or tried.source
    title = _marked(name, tried.match, Field.TITLE)
    print(output.shown(f"{sign}{score}, {tried.seconds * 1000:.1f} ms: {title}"))
    if tried.match is not None:
        for field, text in tried.document.texts().items():
            if field is not Field.TITLE and any(span.field is field for span in tried.match.spans):
                print(output.shown(f"    {field}: {_marked(text, tried.match, field)}"))


def _marked(text: str, match: Match | None, field: Field) -> str:
    spans = match.spans if match else ()
    marks = [(span.start, span.end) for span in spans if span.field is field]
    pieces = excerpt(text, marks, longest=EXCERPT)
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in pieces)


def _document(tried: _Tried) -> dict[str, Any]:
    return {
        "source": tried.source,
        "title": tried.entry.title,
        "url": tried.entry.url,
        "language": tried.document.language,
        "matches": tried.match is not None,
        "score": tried.match.score if tried.match else None,
        "spans": _spans(tried.match.spans if tried.match else ()),
        "milliseconds": round(tried.seconds * 1000, 3),
    }


def _spans(spans: Sequence[Span]) -> list[list[object]]:
    return [[span.field, span.start, span.end] for span in spans]


def _explained(explanation: Explanation) -> dict[str, Any]:
    return {
        "rule": explanation.rule_id,
        "rule_version": explanation.rule_version,
        "matches": explanation.matched,
        "language": explanation.language,
        "texts": dict(explanation.texts),
        "out_of_scope": explanation.out_of_scope,
        "query": _clause(explanation.query),
        "exclude": _clause(explanation.exclude),
        "score": explanation.points,
        "threshold": explanation.threshold,
        "terms": [
            {"clause": _clause(one.clause), "weight": one.weight, "points": one.points}
            for one in explanation.score
        ],
    }


def _clause(clause: Explained | None) -> Mapping[str, Any] | None:
    if clause is None:
        return None
    return {
        "text": clause.text,
        "folded": clause.folded,
        "held": clause.held,
        "note": clause.note,
        "spans": _spans(clause.spans),
        "parts": [_clause(part) for part in clause.parts],
    }
