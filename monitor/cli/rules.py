"""`monitor rules`: the rules in force."""

from __future__ import annotations

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context
from monitor.store import alerts

app = typer.Typer(help="The keyword rules.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the rules of the config with how much they have found."""
    own: Context = context.obj
    loaded = own.load()
    with own.store(loaded) as store, store.reading() as connection:
        found = alerts.matches_by_rule(connection)
    documents = [
        {
            "id": rule.id,
            "title": rule.title,
            "priority": rule.priority,
            "languages": rule.languages,
            "feeds": rule.feeds,
            "alert": rule.alert or loaded.config.alerting.default,
            "query": rule.query,
            "exclude": rule.exclude,
            "matches": found.get(rule.id, 0),
            "place": str(rule.place) if rule.place else None,
        }
        for rule in loaded.config.rules.values()
    ]
    if json:
        output.as_json(documents)
        return
    columns: list[output.Column] = [
        ("id", lambda one: one["id"]),
        ("priority", lambda one: one["priority"]),
        ("matches", lambda one: one["matches"]),
        ("alerts go to", lambda one: one["alert"]),
        ("title", lambda one: one["title"]),
        ("place", lambda one: one["place"]),
    ]
    output.as_table(documents, columns, empty="no rules; see config/README.md for the first one")
