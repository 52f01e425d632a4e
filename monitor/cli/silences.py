"""`monitor silence`: keep alerts of a rule, feed or story back for a while, and see what is kept back."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from monitor.cli import output
from monitor.cli.arguments import Json, duration, moment
from monitor.cli.context import Context, NotFound, now
from monitor.config import Loaded
from monitor.config.sentences import did_you_mean
from monitor.core.alerts.silences import said
from monitor.model import Silence
from monitor.store import feeds, outbox, silences, stories
from monitor.views.silences import document

app = typer.Typer(
    help="Keep alerts of a rule, feed or story back for a while; polling and matching go on.",
    no_args_is_help=True,
)

MOMENT = "07:00 (the next), 2026-01-07, or 2026-01-07T07:00; in `[alerting] zone` unless it says its own."


@app.command("add")
def add(  # noqa: PLR0913, PLR0917 - an argument for each option
    context: typer.Context,
    comment: Annotated[str, typer.Option(help="Why, for whoever reads the list.")],
    rule: Annotated[str | None, typer.Option(help="Alerts of this rule.")] = None,
    feed: Annotated[str | None, typer.Option(help="What this feed reports.")] = None,
    story: Annotated[int | None, typer.Option(help="Reports of this story.")] = None,
    lasts: Annotated[
        timedelta | None,
        typer.Option("--for", parser=duration, metavar="LENGTH", help="How long: 90s, 15m, 2h, 7d."),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help=f"Until when: {MOMENT}")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="WHEN", help="From when, as --until. Default: now.")
    ] = None,
    who: Annotated[str | None, typer.Option(help="Who asks for it. Default: your login.")] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Tell in one summary, at its end, what it kept back.")
    ] = False,
) -> None:
    """Add a silence. Of --rule, --feed and --story all that are given must agree.

    What comes meanwhile is stored and not told; a report that comes afterwards is. What waits to be sent waits on.
    """
    if rule is None and feed is None and story is None:
        raise typer.BadParameter("say what to silence: --rule, --feed, --story, or several of them")
    if (lasts is None) == (until is None):
        raise typer.BadParameter("say how long: either --for 2h or --until 07:00")
    own: Context = context.obj
    loaded = own.understood()
    zone, at = loaded.config.alerting.zone, now()
    start = moment(from_, zone=zone, now=at) if from_ else at
    end = moment(until, zone=zone, now=start) if until else start + (lasts or timedelta(0))
    if end <= max(start, at):
        raise typer.BadParameter(f"it would be over before it begins: {output.local(end, zone)} is past")
    silence = Silence(
        id=0,
        rule_id=rule,
        feed_id=feed,
        story_id=story,
        from_at=start,
        until_at=end,
        comment=comment,
        who=who or _login(),
        summary=summary,
    )
    with own.store(loaded) as store, store.writing() as connection:
        _check(silence, loaded, connection)
        living_id = stories.survivor(connection, story) if story is not None else None
        silence = replace(silence, id=silences.next_id(connection), story_id=living_id)
        silences.add(connection, silence)
    print(output.shown(f"silence {silence.id}: {_about(silence)}, {_span(silence, zone, at)}"))


@app.command("list")
def list_(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    json: Json = False,
) -> None:
    """List the silences that hold or will, with how many matches each kept from being told."""
    own: Context = context.obj
    loaded = own.understood()
    at = now()
    with own.asked(loaded) as store, store.reading() as connection:
        found = silences.listed(connection, ending_after=None if every else at)
        kept_back = silences.kept_back(connection)
    documents = [document(one, at) | {"matches": kept_back.get(said(one), 0)} for one in found]
    if json:
        output.as_json(documents)
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("id"),
        output.column("state"),
        output.column("rule"),
        output.column("feed"),
        output.column("story"),
        ("from", lambda one: output.listed(one["from_at"], zone)),
        ("until", lambda one: output.listed(one["until_at"], zone)),
        ("kept back", lambda one: one["matches"]),
        output.column("who"),
        output.column("comment"),
    ]
    over = "" if every else "; `monitor silence list --all` shows those that are over"
    output.as_table(
        documents,
        columns,
        empty=f"no silences{over}",
        main="comment",
        spare=("from", "who", "story", "feed", "rule"),
    )


@app.command("expire")
def expire(context: typer.Context, silence_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """End a silence now. It stays in the list; what it kept waiting is sent."""
    own: Context = context.obj
    loaded = own.understood()
    at = now()
    with own.store(loaded) as store, store.writing() as connection:
        silence = silences.by_id(connection, silence_id)
        if silence is None:
            raise NotFound(
                f"there is no silence {silence_id}; `monitor silence list --all` shows those there are"
            )
        if silence.until_at <= at:
            over = output.local(silence.until_at, loaded.config.alerting.zone)
            raise NotFound(f"silence {silence_id} is over since {over}")
        silences.expire(connection, silence, at)
        waiting = outbox.end_silence(connection, silence, now=at)
    due = f"; due now: {output.counted(waiting, 'delivery', 'deliveries')}" if waiting else ""
    print(f"silence {silence_id}: over{due}")


def _check(silence: Silence, loaded: Loaded, connection: Connection) -> None:
    """Raises NotFound where a part of it names nothing that is there: such a silence would silence nothing."""
    _known("rule", silence.rule_id, {*loaded.config.rules, *loaded.broken})
    _known("feed", silence.feed_id, {*loaded.config.feeds, *feeds.states(connection)})
    if silence.story_id is not None and not stories.exists(connection, silence.story_id):
        raise NotFound(f"there is no story {silence.story_id}; `monitor stories list` shows those there are")


def _known(kind: str, name: str | None, known: Iterable[str]) -> None:
    if name is not None and name not in set(known):
        cure = did_you_mean(name, known) or f"`monitor {kind}s list` shows those there are"
        raise NotFound(f'there is no {kind} "{name}"; {cure}')


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"user {os.getuid()}"


def _about(silence: Silence) -> str:
    parts = {"rule": silence.rule_id, "feed": silence.feed_id, "story": silence.story_id}
    return ", ".join(f"{kind} {name}" for kind, name in parts.items() if name is not None)


def _span(silence: Silence, zone: str, at: datetime) -> str:
    since = f"from {output.local(silence.from_at, zone)} " if silence.from_at > at else ""
    return f"{since}until {output.local(silence.until_at, zone)}"
