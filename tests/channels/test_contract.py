"""What every channel keeps, whatever goes wrong: `pytest tests/channels/test_contract.py -k table -s` prints it."""

import asyncio
from datetime import UTC, datetime

import pytest
from channels.apprise_rig import APPRISE
from channels.atom_rig import ATOM
from channels.chat_rig import DISCORD, MATRIX, MATTERMOST, NTFY, SLACK, TELEGRAM
from channels.command_rig import COMMAND
from channels.console_rig import CONSOLE
from channels.email_rig import EMAIL
from channels.rig import PATIENCE_S, SECRET, TIMEOUT_S, Failure, Ground
from channels.webhook_rig import WEBHOOK
from samples.messages import HOSTILE_TITLES, LATIN, message, titled

from monitor.channels import CHANNEL_TYPES, options_models
from monitor.core.alerts.retry import Dead, after_failure
from monitor.errors import ChannelError, ChannelReason

RIGS = [CONSOLE, EMAIL, WEBHOOK, SLACK, DISCORD, TELEGRAM, NTFY, MATRIX, MATTERMOST, APPRISE, ATOM, COMMAND]

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)

EVERY_CASE = [
    pytest.param(rig, case, id=f"{rig.type}: {case.failure}: {case.how}")
    for rig in RIGS
    for case in rig.cases
]
every_channel = pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.type)


@pytest.fixture
def ground(surroundings, trusted, untrusted):
    return Ground(surroundings, trusted, untrusted)


def test_every_channel_type_is_held_against_every_failure():
    assert {rig.type for rig in RIGS} == set(CHANNEL_TYPES)
    for rig in RIGS:
        happens = {case.failure for case in rig.cases}
        assert happens | set(rig.cannot) == set(Failure)
        assert not happens & set(rig.cannot)


@pytest.mark.parametrize(("rig", "case"), EVERY_CASE)
async def test_a_failure_is_told_for_what_it_is_in_time_and_without_secrets(rig, case, ground):
    async with case.staging(ground) as stage:
        channel = rig.open(stage, ground, timeout=TIMEOUT_S.get(case.failure, PATIENCE_S))
        async with asyncio.timeout(PATIENCE_S / 2):
            with pytest.raises(ChannelError) as caught:
                await channel.send(message(LATIN), recipient=rig.recipient)
        await channel.close()
        error = caught.value
        assert (error.reason, error.permanent, error.retry_after_s) == (
            case.reason,
            case.permanent,
            case.retry_after_s,
        ), str(error)
        assert bool(stage.taken()) == case.arrives
    assert not case.arrives or error.reason is ChannelReason.UNKNOWN
    assert str(error)
    assert str(error).isprintable()
    assert SECRET not in f"{error} {error!r}"


@every_channel
async def test_a_message_arrives_and_a_repeat_carries_the_same_id(rig, ground):
    async with rig.well(ground) as stage:
        channel = rig.open(stage, ground)
        await channel.send(message(LATIN), recipient=rig.recipient)
        await channel.send(message(LATIN), recipient=rig.recipient)
        await channel.close()
        assert stage.taken() == [message(LATIN).id] * (1 if rig.once else 2)


@every_channel
async def test_messages_that_are_sent_at_once_all_arrive(rig, ground):
    async with rig.well(ground) as stage:
        channel = rig.open(stage, ground)
        eight = [message(LATIN, id=f"{number:032x}") for number in range(8)]
        await asyncio.gather(*(channel.send(each, recipient=rig.recipient) for each in eight))
        assert len(stage.taken()) == 8


@every_channel
@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
async def test_a_hostile_title_keeps_no_message_back(rig, title, ground):
    async with rig.well(ground) as stage:
        channel = rig.open(stage, ground)
        await channel.send(titled(title), recipient=rig.recipient)
        assert len(stage.taken()) == 1


@pytest.mark.parametrize(
    ("rig", "case"),
    [
        pytest.param(rig, case, id=rig.type)
        for rig in RIGS
        for case in rig.cases
        if case.failure is Failure.SILENT_AFTER and case.arrives
    ],
)
async def test_a_send_that_is_cancelled_lets_go_at_once(rig, case, ground):
    async with case.staging(ground) as stage, asyncio.timeout(PATIENCE_S / 2):
        channel = rig.open(stage, ground)
        sending = asyncio.create_task(channel.send(message(LATIN), recipient=rig.recipient))
        while not stage.taken():  # noqa: ASYNC110 - servers of three kinds, without an event in common
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


@every_channel
async def test_options_show_no_secret(rig, ground):
    for case in rig.cases:
        async with case.staging(ground) as stage:
            options = options_models()[rig.type].model_validate(stage.options)
        assert SECRET not in f"{options} {options!r}"


def verdict(case) -> str:
    """What becomes of the delivery, and how long it waits after the first, second and third failure."""
    error = ChannelError("", reason=case.reason, permanent=case.permanent, retry_after_s=case.retry_after_s)
    waits = [
        after_failure(error, attempts=attempts, first_attempt_at=NOW, now=NOW, jitter=0.0)
        for attempts in (1, 2, 3)
    ]
    if any(isinstance(wait, Dead) for wait in waits):
        return "permanent  dead at once"
    kind = "unknown  " if case.reason is ChannelReason.UNKNOWN else "temporary"
    seconds = ", ".join(f"{(wait.at - NOW).total_seconds():g}" for wait in waits)
    return f"{kind}  again after {seconds} s, …{' operator told' * waits[0].needs_somebody}"


def test_the_table_of_failures_can_be_read():
    lines = [
        f"{rig.type:10} {case.failure:45} {case.how:34} {case.reason:15} {verdict(case)}"
        for rig in RIGS
        for case in rig.cases
    ]
    lines += [
        f"{rig.type:10} {failure:45} cannot happen: {why}"
        for rig in RIGS
        for failure, why in rig.cannot.items()
    ]
    print("", *sorted(lines), sep="\n")
    assert len(lines) == len(set(lines)) == len(EVERY_CASE) + sum(len(rig.cannot) for rig in RIGS)
