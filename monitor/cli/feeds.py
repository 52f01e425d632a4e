"""`monitor feeds`: what is polled, how it fares, and the list itself."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json, Limit
from monitor.cli.context import Context, NotFound, now, warn
from monitor.cli.run import daemon
from monitor.config import Loaded
from monitor.config.edit import NewFeed, add_feeds, import_feeds, remove_feed
from monitor.config.feed_ids import readable_id
from monitor.config.feed_lists import read_list
from monitor.config.opml import meant_url, write_opml
from monitor.core.plan import PollPlan
from monitor.errors import ConfigError
from monitor.jobs.discover import Discovered
from monitor.jobs.new_feed import at_address, found_at, refuse_what_is_listed
from monitor.model import FeedState, SubscriptionState
from monitor.store import Store, feeds, subscriptions
from monitor.views import feed_sheet
from monitor.views.feeds import Listed, document, is_wrong

app = typer.Typer(help="The feeds that are polled.", no_args_is_help=True)

DELAYS_OF = timedelta(days=28)
"""How far back `feeds show` looks for how late entries were seen."""

FeedId = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_(
    context: typer.Context,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    text: Annotated[str, typer.Option(help="Only those whose id, title or address has this in it.")] = "",
    failing: Annotated[
        bool, typer.Option("--failing", help="Only those whose last poll failed, or that are stopped.")
    ] = False,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List the feeds of the config with how they fare."""
    own: Context = context.obj
    loaded = own.understood()
    most = output.most(limit, json=json)
    documents = [
        document
        for document, feed in ((document(one), one.feed) for one in _gathered(own, loaded))
        if (tag is None or tag in feed.tags)
        and (not failing or is_wrong(document))
        and text.casefold() in f"{document['id']}\n{document['title']}\n{document['url']}".casefold()
    ]
    if json:
        output.as_json(documents[:most])
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("id"),
        output.column("state"),
        ("last poll", lambda one: output.listed(one["last_poll_at"], zone)),
        ("next poll", lambda one: output.listed(one["next_poll_at"], zone)),
        output.column("entries"),
        ("title", lambda one: one["title"] or one["url"]),
        ("last error", lambda one: one["last_error"]),
        ("warnings", lambda one: "; ".join(one["warnings"])),
        output.column("url"),
    ]
    output.as_table(
        documents,
        columns,
        empty="no such feed" if tag or text or failing else "no feeds; `monitor feeds add URL` adds one",
        main="title",
        spare=("url", "next poll", "warnings", "last error"),
        most=most,
    )


@app.command("show")
def show(context: typer.Context, feed_id: FeedId, json: Json = False) -> None:
    """Show one feed: what its server said, what was done, and when it is polled next."""
    own: Context = context.obj
    loaded = own.understood()
    found = [one for one in _gathered(own, loaded) if one.feed.id == feed_id]
    if not found:
        raise NotFound(f'there is no feed "{feed_id}"; `monitor feeds list` shows those there are')
    shown = document(found[0])
    sheet = _sheet(own, loaded, found[0].state)
    if json:
        output.as_json(shown | sheet)
        return
    named = [(name.removesuffix("_at").replace("_", " "), value) for name, value in shown.items()]
    zone = loaded.config.alerting.zone
    output.as_facts(
        [
            (name, output.local(value, zone) if isinstance(value, datetime) else value)
            for name, value in (*named, *(feed_sheet.facts(sheet) if sheet else ()))
        ]
    )


@app.command("add")
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL")],
    feed_id: Annotated[
        str, typer.Option("--id", help="Its id; made from its title or host by default.")
    ] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be given several times.")] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="It is in your own network: addresses there may be asked.")
    ] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Add it although there is no feed now.")] = False,
) -> None:
    """Add a feed to feeds.toml; a running daemon takes it up within seconds.

    Of a site's address, the feed is added that its page names, or that it has at a usual address. Nothing is added
    where there is no feed; a site that is down for the moment is added with a warning.
    """
    own: Context = context.obj
    loaded = own.load()
    refuse_what_is_listed(loaded, url)
    asked = meant_url(url)
    # What the environment fills in is not known before the config names it.
    if asked.lower().startswith(("http://", "https://")) and "${" not in url:
        found = _discovered(loaded, url, allow_private=allow_private, anyway=anyway)
    elif "${" in url or url.startswith("file:") or (own.folder / url).is_file():
        found = Discovered(url=url)
    else:
        raise NotFound(
            f'"{url}" is no address: write https://… or the path of a file; a word is for `--text`'
        )
    own_id = feed_id or readable_id(found.title, found.url, taken=loaded.config.feeds)
    new = NewFeed(
        url=found.url,
        id=own_id,
        tags=tuple(tag or ()),
        allow_private=allow_private,
        typed=found.url == url,
    )
    add_feeds(own.folder, [new])
    print(output.shown(f"{found.url} added to {own.folder / 'feeds.toml'} as {own_id}"))


@app.command("remove")
def remove(
    context: typer.Context, feed: Annotated[str, typer.Argument(metavar="ID|URL", help="Its id or address.")]
) -> None:
    """Take a feed out of feeds.toml; its entries stay."""
    own: Context = context.obj
    known = own.load().config.feeds
    listed = known.get(feed) or at_address(known.values(), feed)
    feed_id = listed.id if listed else feed
    remove_feed(own.folder, feed_id)
    print(f"{feed_id} removed from {own.folder / 'feeds.toml'}")


@app.command("import")
def import_(context: typer.Context, feeds_file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Add the feeds of a file to feeds.toml; those that are listed already are left as they are.

    It may be OPML, the urls file of newsboat, the configuration of rss2email, or have an address a line.
    """
    own: Context = context.obj
    known = {feed.url for feed in own.load().config.feeds.values()}
    outlines, problems = read_list(feeds_file)
    if problems and not outlines:
        raise ConfigError(problems)
    for problem in problems:
        warn(str(problem))
    imported = import_feeds(own.folder, outlines, known=known)
    for problem in imported.problems:
        warn(str(problem))
    print(f"{output.counted(imported.added, 'feed')} added, {imported.there} there already")


@app.command("export")
def export(context: typer.Context) -> None:
    """Print the feeds as OPML."""
    own: Context = context.obj
    loaded = own.load().config
    print(write_opml(loaded.feeds.values(), secrets=loaded.secrets), end="")


@app.command("poll")
def poll(
    context: typer.Context,
    feed_id: FeedId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing, send nothing.")] = False,
) -> None:
    """Poll one feed now and say what it brought; a running daemon sends what is to be told."""
    own: Context = context.obj
    loaded = own.load()
    if feed_id not in loaded.config.feeds:
        raise NotFound(f'there is no feed "{feed_id}"; `monitor feeds list` shows those there are')
    with own.store(loaded) as store:
        plan = asyncio.run(_poll(own, loaded, store, feed_id, dry_run=dry_run))
    if plan is None:
        warn(f"feed {feed_id}: another poll of it was stored first")
        return
    if plan.state.failures:
        raise NotFound(f"feed {feed_id}: {plan.state.last_error}")
    rules: dict[int, list[str]] = {}
    for decision in plan.decisions:
        rules.setdefault(decision.entry_id, []).append(f"{decision.match.rule_id}: {decision.reason}")
    columns: list[output.Column] = [
        ("published", lambda one: output.local(one["published_at"], loaded.config.alerting.zone)),
        ("lang", lambda one: one["language"]),
        output.column("title"),
        ("matches", lambda one: one["rules"]),
    ]
    documents = [
        {
            "published_at": one.entry.published_at,
            "language": one.entry.language,
            "title": one.entry.title,
            "rules": rules.get(one.entry.id, []),
        }
        for one in (*plan.new, *plan.changed)
    ]
    output.as_table(documents, columns, empty="nothing new")


def _discovered(loaded: Loaded, url: str, *, allow_private: bool, anyway: bool) -> Discovered:
    """As `found_at`; what is worth knowing of it is said. Raises NotAdded."""
    found = asyncio.run(found_at(url, loaded, allow_private=allow_private, anyway=anyway, now=now))
    for said in found.said:
        warn(said)
    return found.feed


async def _poll(
    own: Context, loaded: Loaded, store: Store, feed_id: str, *, dry_run: bool
) -> PollPlan | None:
    async with daemon(own, loaded, store) as running:
        return await running.poll_one(feed_id, dry_run=dry_run)


def _gathered(own: Context, loaded: Loaded) -> list[Listed]:
    with own.asked(loaded) as store, store.reading() as connection:
        states = feeds.states(connection)
        counts = feeds.entry_counts(connection)
    return [
        Listed(feed, states.get(feed.id), counts.get(feed.id, 0)) for feed in loaded.config.feeds.values()
    ]


def _sheet(own: Context, loaded: Loaded, state: FeedState | None) -> dict[str, Any]:
    if state is None:
        return {}
    with own.asked(loaded) as store, store.reading() as connection:
        delays = feeds.delays(connection, state.feed_id, now() - DELAYS_OF)
        agreed = subscriptions.listed(connection, state.feed_id)
    running = [one for one in agreed if one.state is not SubscriptionState.ENDING]
    return feed_sheet.document(state, delays, next(iter(running), None))
