"""`monitor alerts`: what was told, to whom, and what could not be."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from monitor.cli import output
from monitor.cli.arguments import Json, Limit, Since
from monitor.cli.context import Context, NotFound, now, warn
from monitor.cli.corrections import say_who_sends
from monitor.jobs import by_hand
from monitor.model import Alert, DeliveryState
from monitor.store import alerts, entries, outbox, summaries
from monitor.views.alerts import document, line_document

app = typer.Typer(help="Alerts and their deliveries.", no_args_is_help=True)

AlertId = Annotated[int, typer.Argument(metavar="ID")]


@app.command("list")
def list_(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Only those of this rule.")] = None,
    since: Since = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """List alerts, newest first."""
    own: Context = context.obj
    loaded = own.understood()
    most = output.most(limit, json=json)
    with own.asked(loaded) as store, store.reading() as connection:
        found = alerts.newest(
            connection,
            rule_id=rule,
            since=now() - since if since is not None else None,
            most=most and most + 1,
        )
        deliveries = outbox.of_alerts(connection, [alert.id for alert in found])
        titles = entries.titles(connection, {alert.entry_id for alert in found if alert.entry_id is not None})
    documents = [
        document(alert, deliveries.get(alert.id, []), titles.get(alert.entry_id or 0, "")) for alert in found
    ]
    if json:
        output.as_json(documents[:most])
        return
    zone = loaded.config.alerting.zone
    columns: list[output.Column] = [
        output.column("id"),
        ("created", lambda one: output.listed(one["created_at"], zone)),
        output.column("kind"),
        output.column("state"),
        output.column("story"),
        output.column("headline"),
        output.column("rules"),
        ("channels", lambda one: sorted({delivery["channel"] for delivery in one["deliveries"]})),
        ("why", lambda one: one["reason"]),
    ]
    output.as_table(
        documents,
        columns,
        empty="no alerts",
        main="headline",
        spare=("channels", "why", "story", "rules"),
        most=most,
    )


@app.command("show")
def show(context: typer.Context, alert_id: AlertId, json: Json = False) -> None:
    """Show one alert with its deliveries."""
    own: Context = context.obj
    loaded = own.understood()
    with own.asked(loaded) as store, store.reading() as connection:
        alert = _found(connection, alert_id)
        deliveries = outbox.of_alerts(connection, [alert_id]).get(alert_id, [])
        lines = summaries.lines(connection, alert_id)
        titles = entries.titles(connection, [alert.entry_id] if alert.entry_id is not None else [])
    shown = document(alert, deliveries, titles.get(alert.entry_id or 0, "")) | {
        "lines": [line_document(line) for line in lines]
    }
    if json:
        output.as_json(shown)
        return
    zone = loaded.config.alerting.zone
    facts: list[tuple[str, object]] = [
        ("alert", alert.id),
        ("headline", shown["headline"]),
        ("kind", alert.kind),
        ("state", shown["state"]),
        ("rules", alert.rules),
        ("story", alert.story_id),
        ("entry", alert.entry_id),
        ("reason", alert.reason),
        ("created", output.local(alert.created_at, zone)),
    ]
    if alert.text:
        facts.append(("text", alert.text))
    output.as_facts(facts)
    columns: list[output.Column] = [
        output.column("channel"),
        output.column("recipient"),
        output.column("state"),
        output.column("attempts"),
        ("sent", lambda one: output.local(one["sent_at"], zone)),
        ("why", lambda one: one["last_error"] or _waits(one, zone)),
    ]
    print()
    output.as_table(shown["deliveries"], columns, empty="no deliveries")
    if lines:
        print()
        _print_lines(shown["lines"], zone)


def _print_lines(lines: list[dict[str, Any]], zone: str) -> None:
    columns: list[output.Column] = [
        output.column("alert"),
        ("created", lambda one: output.local(one["created_at"], zone)),
        output.column("story"),
        output.column("title"),
        output.column("outlets"),
        output.column("rules"),
    ]
    output.as_table(lines, columns, empty="nothing")


@app.command("retry")
def retry(context: typer.Context, alert_id: AlertId) -> None:
    """Send what was given up, or waits, now: the daemon takes it up within seconds."""
    own: Context = context.obj
    with own.store(own.understood()) as store, store.writing() as connection:
        _found(connection, alert_id)
        count = outbox.retry(connection, alert_id, now=now())
    if not count:
        raise NotFound(f"alert {alert_id} has nothing to retry")
    print(f"alert {alert_id}: due again: {output.counted(count, 'delivery', 'deliveries')}")


@app.command("drop")
def drop(context: typer.Context, alert_id: AlertId) -> None:
    """Take what was not sent out of the outbox."""
    own: Context = context.obj
    with own.store(own.understood()) as store, store.writing() as connection:
        _found(connection, alert_id)
        count = outbox.drop(connection, alert_id)
    if not count:
        raise NotFound(f"alert {alert_id} has nothing to drop")
    print(f"alert {alert_id}: dropped: {output.counted(count, 'delivery', 'deliveries')}")


@app.command("tell")
def tell(
    context: typer.Context,
    entry_id: Annotated[int, typer.Argument(metavar="ENTRY")],
    rule_id: Annotated[str, typer.Argument(metavar="RULE")],
) -> None:
    """Tell a stored entry now, to whom the rule tells its alerts: a story that it missed, or that was kept back.

    Neither its age nor quiet hours or limits hold it back; a silence does, which is said. It is told once: asked
    again, it is said by which alert. Where its story has a thread, it is an update of that.
    """
    own: Context = context.obj
    loaded = own.load()
    with own.asked(loaded) as store:
        done = by_hand.tell(store, loaded, entry_id, rule_id, now=now())
        if done.already:
            print(f"entry {entry_id} was told already: `monitor alerts show {done.alert_id}` says to whom")
            return
        print(output.shown(f"alert {done.alert_id}: {done.entry.title}"))
        if done.silence is not None:
            until = output.local(done.silence.until_at, loaded.config.alerting.zone)
            warn(f"it waits until {until}: `monitor silence expire {done.silence.id}` ends the silence")
        say_who_sends(store)


def _found(connection: Connection, alert_id: int) -> Alert:
    """The alert. Raises NotFound."""
    if found := alerts.listed(connection, [alert_id]):
        return found[0]
    raise NotFound(f"there is no alert {alert_id}; `monitor alerts list` shows those there are")


def _waits(delivery: output.Record, zone: str) -> str:
    """Until when a silence keeps it, or a summary is to take it up."""
    until = output.local(delivery["next_attempt_at"], zone)
    if delivery["silenced_by"]:
        return f"silenced by {delivery['silenced_by']} until {until}"
    if delivery["summary"]:
        return f"told by alert {delivery['summary']} ({delivery['held_for']})"
    return f"held until {until} ({delivery['held_for']})" if delivery["state"] is DeliveryState.HELD else ""
