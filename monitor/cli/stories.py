"""`monitor stories`: who tells what, since when, how fast, and why it is one story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json, Limit, duration
from monitor.cli.context import Context, NotFound, now
from monitor.cli.corrections import say_what_is_told, say_what_stays
from monitor.core.stories.explain import Comparison
from monitor.core.stories.pace import RECENT
from monitor.jobs import by_hand
from monitor.store import alerts, entries, stories
from monitor.store.entries import Wanted
from monitor.views.comparison import comparison_document, comparisons, said
from monitor.views.stories import document, merge_document, report

app = typer.Typer(help="Stories: entries that tell of the same event.", no_args_is_help=True)


@app.command("list")
def list_(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Only those of which this rule matches an entry.")] = None,
    since: Annotated[
        timedelta | None,
        typer.Option(
            parser=duration, metavar="LENGTH", help="Only those last seen within: 90s, 15m, 2h, 7d."
        ),
    ] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List stories, those seen last first."""
    own: Context = context.obj
    loaded = own.understood()
    at = now()
    most = output.most(limit, json=json)
    with own.asked(loaded) as store, store.reading() as connection:
        documents = [document(summary, at) for summary in stories.summaries(connection)]
    documents = [
        one
        for one in documents
        if (rule is None or rule in one["rules"]) and (since is None or one["last_seen_at"] >= at - since)
    ]
    if json:
        output.as_json(documents[:most])
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("id"),
        ("last seen", lambda one: output.listed(one["last_seen_at"], zone)),
        ("entries", lambda one: len(one["entries"])),
        ("an hour", lambda one: one["pace"]["entries_per_hour"]),
        ("feeds", lambda one: len(one["feeds"])),
        output.column("title"),
        output.column("languages"),
        output.column("rules"),
    ]
    output.as_table(
        documents,
        columns,
        empty="no stories",
        main="title",
        spare=("an hour", "languages", "rules", "feeds"),
        most=most,
    )


@app.command("split")
def split(
    context: typer.Context,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY")],
    undo: Annotated[bool, typer.Option("--undo", help="Take it back. What was sent stays sent.")] = False,
) -> None:
    """Put an entry, with its copies, into a story of its own: it tells of another event than its story.

    What was kept back because of it, or it because of others, is told now. No later report makes the two stories one.
    """
    own: Context = context.obj
    loaded = own.load()
    with own.asked(loaded) as store:
        if undo:
            done = by_hand.unsplit(store, loaded, entry_id, now=now())
            print(output.shown(f"entry {entry_id}: in story {done.entry.story_id} again: {done.entry.title}"))
            say_what_stays(done.alerts)
            return
        done = by_hand.split(store, loaded, entry_id, said_by="command", now=now())
        print(output.shown(f"story {done.entry.story_id}, taken out of {done.was}: {done.entry.title}"))
        say_what_is_told(store, done, entry_id)


@app.command("show")
def show(
    context: typer.Context, story_id: Annotated[int, typer.Argument(metavar="ID")], json: Json = False
) -> None:
    """Show one story: its timeline, why each entry belongs to it, and why it was told or not.

    The number of a story that was merged into another shows that other one.
    """
    own: Context = context.obj
    loaded = own.understood()
    with own.asked(loaded) as store, store.reading() as connection:
        living_id = stories.survivor(connection, story_id)
        found = stories.summaries(connection, [living_id])
        told = sorted(
            entries.listed(connection, Wanted(story_id=living_id)),
            key=lambda entry: (entry.published_at or entry.first_seen_at, entry.id),
        )
        decided = alerts.decisions(connection, entry_ids=[entry.id for entry in told])
        merged = stories.merged(connection, living_id)
        why = comparisons(connection, told, loaded.config.feeds, of=told)
    if not found:
        raise NotFound(f"there is no story {story_id}; `monitor stories list` shows those there are")
    whole = document(found[0], now()) | {
        "merged": [merge_document(merge, title) for merge, title in merged],
        "timeline": [
            report(entry, decided) | {"comparison": comparison_document(why.get(entry.id))} for entry in told
        ],
    }
    if json:
        output.as_json(whole)
        return
    if living_id != story_id:
        print(f"Story {story_id} was merged into story {living_id}:\n")
    _print(whole, why, loaded.config.alerting.zone)


def _print(story: dict[str, Any], why: Mapping[int, Comparison], zone: str) -> None:
    timeline: Sequence[dict[str, Any]] = story["timeline"]
    copies = sum(one["copy_of"] is not None for one in timeline)
    hours, speed = int(RECENT.total_seconds() // 3600), story["pace"]
    pace_now = f"{speed['entries_per_hour']} entries an hour over the last {hours} hours"
    pace_most = f"most: {speed['most_in_an_hour']} in the hour from {output.local(speed['most_at'], zone)}"
    facts: list[tuple[str, object]] = [
        ("story", story["id"]),
        ("title", story["title"]),
        ("first seen", output.local(story["first_seen_at"], zone)),
        ("last seen", output.local(story["last_seen_at"], zone)),
        ("entries", f"{len(timeline)}, of them {copies} copies" if copies else len(timeline)),
        ("pace", f"{pace_now}; {pace_most}"),
        ("outlets", _counted(one["feed"] for one in timeline)),
        ("languages", _counted(one["language"] or "unknown" for one in timeline)),
        ("rules", story["rules"]),
    ]
    facts += [
        (
            "merged",
            f"{output.local(one['merged_at'], zone)}: story {one['id']} “{one['title']}”: {one['reason']}",
        )
        for one in story["merged"]
    ]
    output.as_facts(facts)
    print()
    output.as_facts([_told(one, why.get(one["id"]), zone) for one in timeline])


def _told(one: dict[str, Any], why: Comparison | None, zone: str) -> tuple[str, str]:
    """When, and: the title; who, in which language, under which number, for which rules; why it is in here.

    Then what it was compared with, what was taken out of it, and which signals decided.
    """
    who = [
        one["feed"],
        one["language"] or "language unknown",
        f"entry {one['id']}",
        *map("rule {}".format, one["rules"]),
    ]
    copied = f"copy of entry {one['copy_of']}: {one['copy_reason']}; " if one["copy_of"] is not None else ""
    title = one["title"].replace("\n", " ")
    when = output.local(one["published_at"] or one["first_seen_at"], zone)
    compared = [f"{name}: {line}" for name, lines in said(why) for line in lines.splitlines()] if why else []
    return when, "\n".join([title, ", ".join(who), f"{copied}{one['reason']}", *compared, " "])


def _counted(names: Iterable[str]) -> str:
    return ", ".join(
        f"{name} ({count})" if count > 1 else name for name, count in Counter(names).most_common()
    )
