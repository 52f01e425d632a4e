"""`monitor channels`: where alerts go."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from monitor import __version__
from monitor.channels import open_channel, surroundings
from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound, now, warn
from monitor.config import Loaded
from monitor.errors import ChannelError
from monitor.feeds.fetch import user_agent
from monitor.model import AlertKind, Message, Receipt

app = typer.Typer(help="The channels that alerts go to.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the channels of the config."""
    own: Context = context.obj
    loaded = own.understood().config
    documents = [
        {
            "id": channel.id,
            "type": channel.type,
            "recipients": channel.recipients,
            "default": channel.id in loaded.alerting.default,
            "operator": channel.id in loaded.alerting.operator,
            "rules": [rule.id for rule in loaded.rules.values() if channel.id in rule.alert],
        }
        for channel in loaded.channels.values()
    ]
    if json:
        output.as_json(documents)
        return
    columns: list[output.Column] = [
        output.column("id"),
        output.column("type"),
        output.column("recipients"),
        ("default", lambda one: "yes" if one["default"] else ""),
        output.column("rules"),
    ]
    output.as_table(documents, columns, empty="no channels")


@app.command("test")
def test(context: typer.Context, channel_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Send a test message to each recipient of a channel, now, past the outbox."""
    own: Context = context.obj
    loaded = own.load()
    channel = loaded.config.channels.get(channel_id)
    if channel is None:
        raise NotFound(f'there is no channel "{channel_id}"; `monitor channels list` shows those there are')
    failed = False
    for recipient in channel.recipients or ("",):
        target = f"{channel_id} <{recipient}>" if recipient else channel_id
        try:
            receipt = asyncio.run(_send(loaded, channel_id, recipient))
        except ChannelError as error:  # the others are tried all the same
            warn(f"monitor: {target}: {error}")
            failed = True
        else:
            print(output.shown(f"{target}: {receipt.detail or 'taken'}"))
    if failed:
        raise typer.Exit(1)


async def _send(loaded: Loaded, channel_id: str, recipient: str) -> Receipt:
    config = loaded.config
    message = Message(
        id=uuid4().hex,
        thread_id=uuid4().hex,
        first_in_thread=True,
        kind=AlertKind.TEST,
        alert_id=0,
        story=None,
        rules=(),
        reports=(),
        outlets=0,
        languages=(),
        created_at=now(),
        zone=config.alerting.zone,
        templates=config.templates,
        text=f'A test of the channel "{channel_id}": alerts would arrive like this.',
    )
    agent = user_agent(__version__, config.polling.contact)
    state = Path(config.state)
    async with surroundings(user_agent=agent, clock=now, stream=sys.stdout, state=state) as around:
        opened = open_channel(config.channels[channel_id], around)
        try:
            return await opened.send(message, recipient=recipient)
        finally:
            await opened.close()
