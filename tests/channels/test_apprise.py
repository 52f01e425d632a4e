"""Apprise's threads: none holds up the event loop, and those that hang are counted."""

import asyncio

import pytest
from channels.rig import SECRET
from pydantic import ValidationError
from samples.messages import LATIN, message
from servers.web import reply, silence, web_server

from monitor.channels import open_channel
from monitor.channels.apprise import AppriseOptions
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Channel


def apprise(surroundings, port, **options):
    made = AppriseOptions.model_validate({"url": f"json://127.0.0.1:{port}/", **options})
    return open_channel(Channel(id="desk", type="apprise", options=made), surroundings)


async def test_what_hangs_is_counted_and_the_next_one_waits_for_another_time(surroundings):
    async with web_server() as server:
        server.elsewhere = silence()
        channel = apprise(surroundings, server.port, timeout=0.3)
        sends = (channel.send(message(LATIN), recipient="") for _ in range(9))
        errors = await asyncio.gather(*sends, return_exceptions=True)
    assert all(isinstance(error, ChannelError) for error in errors)
    assert [error.reason for error in errors].count(ChannelReason.UNKNOWN) == 8
    assert errors[-1].reason is ChannelReason.TIMEOUT


async def test_a_title_and_a_text_arrive(surroundings):
    async with web_server() as server:
        server.elsewhere = reply(200)
        await apprise(surroundings, server.port).send(message(LATIN), recipient="")
        body = server.requests[0].body.decode("unicode_escape")
    assert "Ukraine-Gipfel" in body
    assert "Tageblatt" in body


@pytest.mark.parametrize("url", [f"nonsense/{SECRET}", f"pigeon://{SECRET}", ""])
def test_an_address_that_apprise_cannot_read_is_refused_and_not_quoted(url):
    with pytest.raises(ValidationError, match="Apprise cannot read") as caught:
        AppriseOptions.model_validate({"url": url})
    assert SECRET not in str(caught.value)
