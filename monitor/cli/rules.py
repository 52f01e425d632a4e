"""`monitor rules`: the rules in force, tried on texts, and why one did or did not match."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from monitor import __version__
from monitor.cli import labels, output, tuning
from monitor.cli.arguments import Json
from monitor.cli.broken import broken_rule
from monitor.cli.capture import capture
from monitor.cli.context import Context, NotFound, now, warn
from monitor.config import Loaded
from monitor.core.alerts.excerpt import excerpt
from monitor.core.examine import document_of, language_of
from monitor.core.rules import Explained, Explanation, explain, explain_text
from monitor.core.text.document import Document
from monitor.core.text.html import to_text
from monitor.errors import ParseError
from monitor.feeds.article import text_of
from monitor.feeds.fetch import Fetcher, user_agent
from monitor.feeds.parse import parse
from monitor.model import Feed, FeedEntry, FetchRequest, Field, Match, ParsedFeed, Response, Rule, Span
from monitor.store import alerts, bursts, entries
from monitor.store import rules as stored_rules
from monitor.views.broken import broken_rules
from monitor.views.rules import documents_of

app = typer.Typer(help="The keyword rules.", no_args_is_help=True)
app.command("label")(labels.label)
app.command("capture")(capture)
app.add_typer(labels.app, name="labels")
tuning.register(app)

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
        ("id", lambda one: one["id"]),
        ("priority", lambda one: one["priority"]),
        ("matches", lambda one: one["matches"]),
        ("usual a day", lambda one: _said(one["pace"], "reports_a_day")),
        ("last 24 h", lambda one: _said(one["pace"], "last_day")),
        ("alerts go to", lambda one: one["alert"]),
        ("title", lambda one: one["title"]),
        ("place", lambda one: one["place"]),
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


@app.command("explain")
def explain_(
    context: typer.Context,
    rule_id: RuleId,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY")],
    json: Json = False,
) -> None:
    """Say why a stored entry matches a rule, or why not: clause by clause, with how near each came."""
    own: Context = context.obj
    loaded = own.load()
    _rule(loaded, rule_id)
    with own.asked(loaded) as store, store.reading() as connection:
        found = entries.by_ids(connection, [entry_id])
        decided = alerts.decisions(connection, entry_ids=[entry_id])
    if not found:
        raise NotFound(f"there is no entry {entry_id}; `monitor entries list` shows those there are")
    entry = found[0]
    feed = loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    document = document_of(entry, entry.language, feed)
    explanation = explain(loaded.rules, rule_id, document)
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


@app.command("test")
def try_(
    context: typer.Context,
    rule_id: RuleId,
    sources: Annotated[list[str], typer.Argument(metavar="FILE…")],
    why: Annotated[bool, typer.Option("--why", help="Explain every verdict, clause by clause.")] = False,
    json: Json = False,
) -> None:
    """Try a rule on files or addresses: plain text, HTML, or a feed, whose entries are tried one by one."""
    own: Context = context.obj
    loaded = own.load()
    _rule(loaded, rule_id)
    tried = [one for source in sources for one in _tried(loaded, rule_id, source)]
    if json:
        output.as_json([_document(one) for one in tried])
        return
    for one in tried:
        _print(one)
        if why:
            explained = explain(loaded.rules, rule_id, one.document)
            print(output.shown(explain_text(explained, one.document.texts())))
    matched = sum(one.match is not None for one in tried)
    print(f"{matched} of {len(tried)} match", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class _Tried:
    source: str
    entry: FeedEntry
    document: Document
    match: Match | None
    seconds: float


def _rule(loaded: Loaded, rule_id: str) -> Rule:
    if rule_id not in loaded.config.rules:
        raise NotFound(f'there is no rule "{rule_id}"; `monitor rules list` shows those there are')
    return loaded.config.rules[rule_id]


def _tried(loaded: Loaded, rule_id: str, source: str) -> list[_Tried]:
    parsed = _texts(loaded, source)
    # A rule that asks for certain feeds is tried as if its texts came from one of them.
    scope = _rule(loaded, rule_id).feeds
    ids = [one for one in scope if not one.startswith("tag:")]
    tags = frozenset(one.removeprefix("tag:") for one in scope if one.startswith("tag:"))
    feed = Feed(id=ids[0] if ids else "", url="", tags=tags)
    tried = []
    for entry in parsed.entries:
        language = language_of(entry, parsed.language)
        began = perf_counter()
        document = document_of(entry, language, feed)
        matches = {match.rule_id: match for match in loaded.rules.match(document)}
        tried.append(_Tried(source, entry, document, matches.get(rule_id), perf_counter() - began))
    return tried


def _texts(loaded: Loaded, source: str) -> ParsedFeed:
    """What there is to try: a feed's entries, else the whole text as one."""
    if source.startswith(("http://", "https://")):
        response = asyncio.run(_fetched(loaded, source))
    else:
        response = Response(url=Path(source).absolute().as_uri(), body=_read(source))
    try:
        return parse(response.body, content_type=response.content_type, url=response.url, now=now())
    except ParseError:
        return ParsedFeed(entries=(_single(source, response),))


def _single(source: str, response: Response) -> FeedEntry:
    """What is no feed, as one entry; says how it was read."""
    if response.url.startswith("http"):
        with suppress(ParseError):
            article = text_of(response.body, content_type=response.content_type)
            warn(f"{source}: read as a web page; its article is the content, and there is no title")
            return FeedEntry(title="", content=article)
    raw = response.body.decode("utf-8-sig", "replace")
    if _MARKUP.search(raw):
        warn(f"{source}: read as HTML; all of its text is the content, and there is no title")
        return FeedEntry(title="", content=to_text(raw))
    title, _, content = to_text("<br>".join(map(escape, raw.splitlines()))).partition("\n")
    read = "its first line is the title, the rest the content" if content else "its only line is the title"
    warn(f"{source}: read as plain text; {read}")
    return FeedEntry(title=title, content=content)


_MARKUP = re.compile(r"</?(?:html|head|body|p|div|br|h[1-6]|article|table|ul|li)[\s/>]", re.IGNORECASE)


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}") from error


async def _fetched(loaded: Loaded, url: str) -> Response:
    settings = loaded.config.polling
    async with Fetcher(user_agent=user_agent(__version__, settings.contact), now=now) as fetcher:
        found = await fetcher.fetch(FetchRequest(url=url, allow_private=settings.allow_private))
    if not isinstance(found, Response):
        raise NotFound(f"{url}: nothing was sent")
    return found


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
