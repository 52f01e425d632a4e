"""What is replayed of a database is what its monitor lived: the same decisions, the same messages."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from played import BEFORE, Play
from scenarios import scenarios, span

from monitor.core.alerts.holding import PAUSE
from monitor.model import AlertKind
from monitor.tuning.backtest import Backtest, backtest

NO_NEWS = {AlertKind.NOTE, AlertKind.BURST, AlertKind.LULL}
EDITED = {"replaces", "gone"}
"""What stood there before is not stored."""


def can_be_replayed(scenario):
    """A replay knows of no edits, and of no pauses: a scenario's passes may lie days apart."""
    steps = sorted({span(entry["at"]) for entry in scenario.entries} | {BEFORE})
    edited = any(EDITED & entry.keys() for entry in scenario.entries)
    return not edited and all(later - earlier < PAUSE for earlier, later in pairwise(steps))


CHOSEN = [one for one in scenarios() if can_be_replayed(one)]
CHOSEN = CHOSEN[:: max(1, len(CHOSEN) // 12)]


class Kept(Play):
    """The scenario, and every message whole."""

    async def play(self):
        self.sent, send = [], self.inbox.send

        async def keep(message, *, recipient):
            self.sent.append(message)
            return await send(message, recipient=recipient)

        self.inbox.send = keep
        return await super().play()


@pytest.mark.parametrize("scenario", CHOSEN, ids=lambda one: one.id)
def test_a_replay_decides_as_the_monitor_did(scenario, tmp_path):
    played = Kept(scenario, tmp_path)
    asyncio.run(played.play())
    house = played.house
    loaded = house.read()
    *_, found = backtest(house.store, loaded.config, loaded.rules, now=house.clock() + timedelta(days=1))
    assert isinstance(found, Backtest)
    lived = {(one.entry_id, one.match.rule_id): one for one in house.decisions()}
    replayed = {(one.entry_id, one.match.rule_id): one for entry in found.found for one in entry.decisions}
    assert replayed.keys() == lived.keys()
    house.close()
    assert {key: one.match for key, one in replayed.items()} == {key: one.match for key, one in lived.items()}
    assert {key: one.verdict for key, one in replayed.items()} == {
        key: one.verdict for key, one in lived.items()
    }
    messages = [one.kind for one in played.sent if one.kind not in NO_NEWS]
    assert [one.message.kind for one in found.told] == messages
