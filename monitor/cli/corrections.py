"""What the commands that correct a decision say: what is told for it, what stays, what is kept back all the same."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.cli import output
from monitor.cli.context import now, warn
from monitor.jobs.by_hand import Corrected
from monitor.model import Alert
from monitor.store import Store, daemon


def say_what_is_told(store: Store, done: Corrected, entry_id: int) -> None:
    """The alerts that were made, and what something else keeps back."""
    for alert in done.alerts:
        print(
            output.shown(
                f"alert {alert.id}: {alert.kind} of story {alert.story_id} for {', '.join(alert.rules)}"
            )
        )
    for one in done.not_told:
        rule = one.match.rule_id
        warn(
            f"rule {rule} keeps it back ({one.reason}); `monitor alerts tell {entry_id} {rule}` tells it all the same"
        )
    if done.alerts:
        say_who_sends(store)
    else:
        warn("nothing is to be told for it")


def say_what_stays(alerts: Sequence[Alert]) -> None:
    """Nobody can take a message back."""
    for alert in alerts:
        warn(f"alert {alert.id} stays: `monitor alerts drop {alert.id}` takes out what was not sent yet")


def say_who_sends(store: Store) -> None:
    """Where no daemon runs, what is to be sent waits for one."""
    with store.reading() as connection:
        running = daemon.is_running(daemon.load(connection), now())
    if not running:
        warn("no daemon runs: `monitor run` or `monitor run --once` sends it")
