"""`monitor status`: is it running, and does it keep up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.broken import broken_rule
from monitor.cli.context import Context, now, warn
from monitor.errors import StorageError
from monitor.store import presence
from monitor.store.presence import Presence
from monitor.views.status import status_document


def status(context: typer.Context, json: Json = False) -> None:
    """Say whether the daemon runs, how far behind it is, what waits to be sent, and what last went wrong.

    Ends with 1 where it does not run or does no work, or a feed has brought nothing but errors for a day, or a rule
    been broken.
    """
    own: Context = context.obj
    loaded = own.understood()
    here = presence.found(own.state)
    try:
        with own.asked(loaded) as store:
            document = status_document(loaded, store, now())
    except StorageError:
        if here:
            warn(f"process {here.pid} runs. {' '.join(here.ailments)}".strip())
        raise
    document |= {"ailments": [f"process {here.pid}: {one}" for one in here.ailments] if here else []}
    document |= {"config": str(own.folder), "database": own.database(loaded).partition(" ")[2]}
    document["elsewhere"] = _elsewhere(own, document, here)
    if json:
        output.as_json(document)
    else:
        _show(document, loaded.config.alerting.zone)
    broken = ("ailments", "broken_for_a_day", "rules_broken_for_a_day")
    if not document["running"] or any(document[name] for name in broken):
        raise typer.Exit(1)


def _show(document: dict[str, Any], zone: str) -> None:
    overdue, waiting = document["overdue"], document["outbox"]
    output.as_facts(
        [
            ("config", document["config"]),
            ("database", document["database"]),
            ("daemon", "\n".join([_life(document, zone), *document["elsewhere"]])),
            *([("ailments", "\n".join(document["ailments"]))] if document["ailments"] else []),
            *([("mistake", _mistake(document, zone))] if document["config_mistake"] else []),
            *([("broken rules", _broken_rules(document, zone))] if document["broken_rules"] else []),
            ("feeds", f"{document['feeds']} ({document['failing']} failing, {document['stopped']} stopped)"),
            ("polls", document["polls"]),
            ("lag", f"{overdue['seconds']:.0f} s ({overdue['feed']})" if overdue else "none"),
            ("outbox", ", ".join(f"{count} {state}" for state, count in waiting.items()) or "empty"),
            ("pages", ", ".join(f"{count} {state}" for state, count in document["pages"].items()) or "none"),
            (
                "last errors",
                "\n".join(f"{one['feed']}: {one['error']}" for one in document["errors"]) or "none",
            ),
        ]
    )


def _elsewhere(own: Context, document: dict[str, Any], found: Presence | None) -> list[str]:
    """Where the daemon that runs on this state folder, or on this database, has another config or database."""
    config = found.config if found else document["daemon_config"] if document["running"] else ""
    said = []
    if config and Path(config) != own.folder.absolute():
        said.append(f"process {found.pid if found else document['pid']} runs with another config: {config}")
    if found and found.database != document["database"]:
        said.append(f"process {found.pid} runs on another database: {found.database}")
    return said


def _mistake(document: dict[str, Any], zone: str) -> str:
    since = output.local(document["config_mistaken_since"], zone)
    return f"the config runs as it was before {since}: {document['config_mistake']}"


def _broken_rules(document: dict[str, Any], zone: str) -> str:
    return "\n".join(broken_rule(one, zone) for one in document["broken_rules"])


def _life(document: dict[str, Any], zone: str) -> str:
    if document["pid"] is None:
        return "never ran on this database; `monitor run` starts it"
    if document["running"]:
        return f"running since {output.local(document['started_at'], zone)} (process {document['pid']})"
    if document["stopped_at"] is not None:
        return f"stopped at {output.local(document['stopped_at'], zone)}; `monitor run` starts it"
    return f"not running: it ended without a word after {output.local(document['beat_at'], zone)}"
