"""Alerts survive any crash: a short campaign, by the harness of the long one (`python tests/campaign.py`).

At random moments as often as CI has time for; at every named moment of a delivery, on every type of channel.
"""

import os
from random import Random

import pytest
from databases import Databases
from proof.campaign import RANDOM, SERVER, Campaign
from proof.lives import MOMENTS
from proof.receivers import EVERY_TYPE
from servers.postgresql import new_server, remove

from monitor.channels import CHANNEL_TYPES

KILLS = int(os.environ.get("CAMPAIGN_KILLS", "20"))
"""At random, one or two seconds each; `campaign.py` is for hundreds."""
FEW = ("webhook", "email", "command")


def test_every_channel_type_takes_part():
    assert set(EVERY_TYPE) == set(CHANNEL_TYPES)


async def test_killed_at_random_it_loses_nothing_and_repeats_one_message_at_most_with_its_id(tmp_path):
    campaign = Campaign(tmp_path, Random(6), types=FEW)
    async with campaign.begun():
        for _ in range(KILLS):
            await campaign.kill()
        outcome = await campaign.peace()
    assert outcome.published >= KILLS / 4, "there was load"
    assert not outcome.broken, str(outcome)


async def test_killed_at_random_with_the_server_of_its_database_it_loses_nothing_either(tmp_path):
    server = new_server()
    campaign = Campaign(tmp_path, Random(7), types=FEW, databases=Databases(server))
    try:
        async with campaign.begun():
            for number in range(KILLS // 2):
                await campaign.kill(server=number % 2 == 0)
            outcome = await campaign.peace()
    finally:
        remove(server)
    assert outcome.kills[SERVER] == (KILLS // 2 + 1) // 2
    assert outcome.published >= KILLS / 8, "there was load"
    assert not outcome.broken, str(outcome)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_killed_at_a_moment_of_a_delivery_on_any_channel_it_loses_nothing(moment, tmp_path):
    campaign = Campaign(tmp_path, Random(6), types=EVERY_TYPE)
    async with campaign.begun():
        for name in EVERY_TYPE:
            await campaign.kill(f"{moment} {name}")
        outcome = await campaign.peace()
    assert outcome.kills.total() == len(EVERY_TYPE)
    assert not outcome.broken, str(outcome)


async def test_a_version_that_marks_before_it_sends_is_found_out(tmp_path):
    """The same harness, the same kills: without losses here it would prove nothing above."""
    campaign = Campaign(tmp_path, Random(6), types=FEW)
    async with campaign.begun():
        for end in (*(f"marked {name}" for name in FEW), *[RANDOM] * 3):
            await campaign.kill(end, hasty=True)
        outcome = await campaign.peace()
    assert outcome.broken
    assert all(tally.lost for name, tally in outcome.tallies.items() if name != "email <night@example.org>")
