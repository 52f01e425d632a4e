"""`monitor entries`: what was stored, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli import output
from monitor.cli.arguments import Json, Limit, Since
from monitor.cli.context import Context, NotFound, now
from monitor.cli.corrections import say_what_is_told, say_what_stays
from monitor.cli.search import search
from monitor.config import Loaded
from monitor.core.pages.wish import unwanted
from monitor.core.text.words import folded_words
from monitor.jobs import by_hand
from monitor.model import Entry, EntryChange, Page, PageState
from monitor.store import alerts, changes, entries, pages, stories
from monitor.store.entries import Wanted
from monitor.views.comparison import comparison, comparison_document, said
from monitor.views.entries import became, document, page_document, whole_document

app = typer.Typer(help="The entries that were stored.", no_args_is_help=True)
app.command("search")(search)


@app.command("list")
def list_(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Only those that this rule matches.")] = None,
    story: Annotated[int | None, typer.Option(help="Only those of this story.")] = None,
    feed: Annotated[str | None, typer.Option(help="Only those of this feed.")] = None,
    text: Annotated[
        str,
        typer.Option(
            metavar="WORDS", help="Only those in which all these words stand, in any form of letters."
        ),
    ] = "",
    since: Since = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List entries, newest first, with what became of each: whether a rule matched it, and why it was told or not."""
    own: Context = context.obj
    loaded = own.understood()
    most = output.most(limit, json=json)
    with own.asked(loaded) as store, store.reading() as connection:
        wanted = Wanted(
            rule_id=rule,
            story_id=stories.survivor(connection, story) if story is not None else None,
            feed_id=feed,
            since=now() - since if since is not None else None,
            words=tuple(folded_words(text)),
            newest=most and most + 1,
        )
        found = entries.listed(connection, wanted)
        decided = alerts.decisions(connection, entry_ids=[entry.id for entry in found])
    documents = [document(entry, decided) for entry in found]
    if json:
        output.as_json(documents[:most])
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("id"),
        ("first seen", lambda one: output.listed(one["first_seen_at"], zone)),
        output.column("feed"),
        ("lang", lambda one: one["language"]),
        output.column("story"),
        output.column("title"),
        output.column("rules"),
        ("why", lambda one: one["became"] or "no rule"),
    ]
    output.as_table(
        documents,
        columns,
        empty=_no_entries(loaded, rule=rule, feed=feed),
        main="title",
        spare=("lang", "story", "rules", "why"),
        most=most,
    )


@app.command("not-a-copy")
def not_a_copy(
    context: typer.Context,
    entry_id: Annotated[int, typer.Argument(metavar="ID")],
    undo: Annotated[bool, typer.Option("--undo", help="Take it back. What was sent stays sent.")] = False,
) -> None:
    """Say that an entry is news of its own, though it was taken for a copy or for told already: it is told now.

    No later report, edit or page makes it a copy again.
    """
    own: Context = context.obj
    loaded = own.load()
    with own.asked(loaded) as store:
        if undo:
            done = by_hand.copy_again(store, entry_id)
            print(output.shown(f"entry {entry_id}: a copy of {done.was or 'none'} again: {done.entry.title}"))
            say_what_stays(done.alerts)
            return
        done = by_hand.no_copy(store, loaded, entry_id, said_by="command", now=now())
        print(output.shown(f"entry {entry_id}: no copy: {done.entry.title}"))
        say_what_is_told(store, done, entry_id)


@app.command("show")
def show(
    context: typer.Context, entry_id: Annotated[int, typer.Argument(metavar="ID")], json: Json = False
) -> None:
    """Show one entry: its text, its story, and why each rule told it or did not."""
    own: Context = context.obj
    loaded = own.understood()
    with own.asked(loaded) as store, store.reading() as connection:
        found = entries.by_ids(connection, [entry_id])
        decided = alerts.decisions(connection, entry_ids=[entry_id])
        changed = changes.of_entry(connection, entry_id)
        page = pages.of_entries(connection, [entry_id]).get(entry_id)
        why = comparison(connection, found[0], loaded.config.feeds) if found else None
    if not found:
        raise NotFound(f"there is no entry {entry_id}; `monitor entries list` shows those there are")
    whole = whole_document(found[0], decided, changed) | {
        "page": page_document(page),
        "comparison": comparison_document(why),
    }
    if json:
        output.as_json(whole)
        return
    zone = loaded.config.alerting.zone
    entry = found[0]
    facts: list[tuple[str, object]] = [
        ("entry", entry.id),
        ("title", entry.title),
        ("feed", entry.feed_id),
        ("url", entry.url),
        ("published", output.local(entry.published_at, zone)),
        ("first seen", output.local(entry.first_seen_at, zone)),
        ("language", entry.language),
        (
            "story",
            f"{entry.story_id} ({entry.story_reason})" if entry.story_id else "none: no rule matches it",
        ),
        ("copy of", f"{entry.copy_of} ({entry.copy_reason})" if entry.copy_of else "-"),
        ("summary", entry.summary),
        ("content", entry.content),
        ("content from", "its page" if entry.page_at else "its feed" if entry.content else "-"),
        ("page", _page_told(page, zone) if page else f"not asked for: {_unwanted(entry, loaded)}"),
    ]
    facts += [(f"rule {one.match.rule_id}", became(one)) for one in decided]
    facts += said(why) if why is not None else []
    facts += [(f"changed {output.local(one.at, zone)}", _diff(one)) for one in changed]
    output.as_facts(facts)


def _no_entries(loaded: Loaded, *, rule: str | None, feed: str | None) -> str:
    """What is said where nothing is found: most of all, that a name was mistyped."""
    if rule is not None and rule not in loaded.config.rules:
        return f'no entries, and no rule "{rule}" in force; `monitor rules list` shows those that are'
    if feed is not None and feed not in loaded.config.feeds:
        return f'no entries, and no feed "{feed}"; `monitor feeds list` shows those there are'
    return "no entries"


def _diff(change: EntryChange) -> str:
    """As `git diff --word-diff` marks it, a line for each place."""
    return "\n".join(
        " ".join(
            part
            for part in (
                f"{edit.field}:",
                edit.before,
                edit.removed and f"[-{edit.removed}-]",
                edit.added and f"{{+{edit.added}+}}",
                edit.after,
            )
            if part
        )
        for edit in change.edits
    )


def _page_told(page: Page, zone: str) -> str:
    """What became of the entry's page, and why it was wanted."""
    if page.state is PageState.WAITING:
        became = f"to be read at {output.local(page.next_at, zone)}"
        became += f" (try {page.attempts + 1}; the last: {page.outcome})" if page.outcome else ""
    else:
        became = f"{page.state} at {output.local(page.ended_at, zone)}: {page.outcome}"
    return f"{became}; {page.wanted}"


def _unwanted(entry: Entry, loaded: Loaded) -> str:
    feed = loaded.config.feeds.get(entry.feed_id)
    return unwanted(entry, feed=feed, rules=loaded.rules) if feed else "its feed is not listed any more"
