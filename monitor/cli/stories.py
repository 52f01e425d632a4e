"""`monitor stories`: who tells what, and since when."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound
from monitor.store import alerts, entries, stories
from monitor.store.entries import Wanted
from monitor.store.stories import Summary

app = typer.Typer(help="Stories: entries that tell of the same event.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List stories, those seen last first."""
    own: Context = context.obj
    loaded = own.load()
    with own.store(loaded) as store, store.reading() as connection:
        documents = [_document(summary) for summary in stories.summaries(connection)]
    if json:
        output.as_json(documents)
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        ("id", lambda one: one["id"]),
        ("last seen", lambda one: output.local(one["last_seen_at"], zone)),
        ("entries", lambda one: len(one["entries"])),
        ("feeds", lambda one: len(one["feeds"])),
        ("languages", lambda one: one["languages"]),
        ("rules", lambda one: one["rules"]),
        ("title", lambda one: one["title"]),
    ]
    output.as_table(documents, columns, empty="no stories")


@app.command("show")
def show(
    context: typer.Context, story_id: Annotated[int, typer.Argument(metavar="ID")], json: Json = False
) -> None:
    """Show one story: its timeline, and why each entry belongs to it."""
    own: Context = context.obj
    loaded = own.load()
    with own.store(loaded) as store, store.reading() as connection:
        found = stories.summaries(connection, story_id)
        told = entries.listed(connection, Wanted(story_id=story_id))[::-1]
        decided = alerts.decisions(connection, entry_ids=[entry.id for entry in told])
    if not found:
        raise NotFound(f"there is no story {story_id}; `monitor stories list` shows those there are")
    timeline = [
        {
            "id": entry.id,
            "feed": entry.feed_id,
            "title": entry.title,
            "url": entry.url,
            "language": entry.language,
            "published_at": entry.published_at,
            "first_seen_at": entry.first_seen_at,
            "copy_of": entry.copy_of,
            "reason": entry.story_reason,
            "rules": [one.match.rule_id for one in decided if one.entry_id == entry.id],
        }
        for entry in told
    ]
    if json:
        output.as_json(_document(found[0]) | {"timeline": timeline})
        return
    zone = loaded.config.alerting.zone
    story = found[0].story
    output.as_facts(
        [
            ("story", story.id),
            ("title", story.title),
            ("first seen", output.local(story.first_seen_at, zone)),
            ("last seen", output.local(story.last_seen_at, zone)),
            ("outlets", found[0].feeds),
            ("languages", found[0].languages),
            ("rules", found[0].rules),
        ]
    )
    columns: list[output.Column] = [
        ("id", lambda one: one["id"]),
        ("published", lambda one: output.local(one["published_at"], zone)),
        ("feed", lambda one: one["feed"]),
        ("copy of", lambda one: one["copy_of"]),
        ("title", lambda one: one["title"]),
        ("why it is in here", lambda one: one["reason"]),
    ]
    print()
    output.as_table(timeline, columns, empty="no entries")


def _document(summary: Summary) -> dict[str, Any]:
    return {
        "id": summary.story.id,
        "title": summary.story.title,
        "first_seen_at": summary.story.first_seen_at,
        "last_seen_at": summary.story.last_seen_at,
        "entries": summary.entries,
        "feeds": summary.feeds,
        "languages": summary.languages,
        "rules": summary.rules,
    }
