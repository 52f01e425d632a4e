"""Handing mail over, beyond what the contract asks of every channel."""

import asyncio

import pytest
from channels.rig import SECRET
from samples.messages import ARABIC, LATIN, message
from servers.mail import mail_server

from monitor.channels import open_channel
from monitor.channels.email import EmailOptions
from monitor.core.alerts.render import text
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Channel


def email(port, **options):
    table = {
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "from": "m@example.org",
        "to": ["a@example.org"],
    }
    return Channel(id="desk", type="email", options=EmailOptions.model_validate(table | options))


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_it_logs_in_over_tls(tls, surroundings, trusted):
    async with mail_server(**{tls: trusted}) as server:
        channel = open_channel(email(server.port, tls=tls, user="desk", password=SECRET), surroundings)
        receipt = await channel.send(message(LATIN), recipient="a@example.org")
        assert set(server.logins) == {SECRET.encode()}
        assert len(server.taken) == 1
    assert receipt.detail == "250 2.0.0 taken"


async def test_tls_is_the_default_and_the_port_follows():
    options = EmailOptions.model_validate({"host": "x.example", "from": "a@b.example", "to": ["c@d.example"]})
    assert (options.tls, options.port) == ("starttls", None)


async def test_each_recipient_gets_a_mail_of_its_own(surroundings):
    async with mail_server() as server:
        channel = open_channel(email(server.port), surroundings)
        await channel.send(message(LATIN), recipient="a@example.org")
        await channel.send(message(LATIN), recipient="b@exämple.org")
        assert server.recipients == ["a@example.org", "b@xn--exmple-cua.org"]
        assert [mail["To"] for mail in server.taken] == server.recipients


async def test_what_arrives_is_what_was_written(surroundings):
    async with mail_server() as server:
        await open_channel(email(server.port), surroundings).send(message(ARABIC), recipient="a@example.org")
        (mail,) = server.taken
        assert mail["Subject"] == ARABIC["title"]
        assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == text(message(ARABIC))


@pytest.mark.parametrize(
    "recipient", ["", "nobody", "a@example.org\r\nRCPT TO:<b@example.org>", "дед@example.org"]
)
async def test_a_recipient_that_is_no_address_is_refused_before_anything_is_sent(recipient, surroundings):
    async with mail_server() as server:
        with pytest.raises(ChannelError) as caught:
            await open_channel(email(server.port), surroundings).send(message(LATIN), recipient=recipient)
        assert (caught.value.reason, caught.value.permanent) == (ChannelReason.RECIPIENT, True)
        assert not server.recipients


def terse():
    """A server that knows the five commands that every one must know, and no extension; it hangs up on a QUIT."""

    async def meet(reader, writer):
        writer.write(b"220 hi\r\n")
        answers = {
            b"EHLO": b"250 hi\r\n",
            b"MAIL": b"250 ok\r\n",
            b"RCPT": b"250 ok\r\n",
            b"DATA": b"354 go\r\n",
        }
        while (line := await reader.readline()) and not line.startswith(b"QUIT"):
            writer.write(b"250 taken\r\n" if line == b".\r\n" else answers.get(line[:4], b""))
        writer.transport.abort()

    return asyncio.start_server(meet, "127.0.0.1", 0)


async def test_a_server_without_logins_is_no_way_in(surroundings):
    """What it offers may change by tomorrow, so the mail is kept."""
    async with await terse() as listener:
        port = listener.sockets[0].getsockname()[1]
        channel = open_channel(email(port, user="desk", password=SECRET), surroundings)
        with pytest.raises(ChannelError) as caught:
            await channel.send(message(LATIN), recipient="a@example.org")
    assert (caught.value.reason, caught.value.permanent) == (ChannelReason.AUTHENTICATION, False)
    assert "login" in str(caught.value)


async def test_a_mail_that_was_taken_is_sent_even_if_nobody_says_goodbye(surroundings):
    async with await terse() as listener:
        port = listener.sockets[0].getsockname()[1]
        receipt = await open_channel(email(port), surroundings).send(
            message(LATIN), recipient="a@example.org"
        )
    assert receipt.detail == "250 taken"
