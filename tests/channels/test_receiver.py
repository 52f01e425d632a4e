"""The receiver of the documentation, running: it takes what the webhook sends and nothing else."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer

import pytest
from pages import blocks
from samples.messages import ARABIC, LATIN, message

from monitor.channels import open_channel
from monitor.channels.webhook import WebhookOptions
from monitor.config import shipped_folder
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Channel

[PROGRAM] = blocks((shipped_folder() / "README.md").read_text(encoding="utf-8"), "python")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver(monkeypatch):
    """Its address, and all that its program defined."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    defined = {"__name__": "receiver"}
    exec(compile(PROGRAM, "README.md", "exec"), defined)  # noqa: S102 - our own documentation
    with serving(defined["Receiver"]) as port:
        yield f"http://127.0.0.1:{port}/", defined


@contextmanager
def serving(handler):
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def hook(surroundings, url, *, secret=SECRET, late=timedelta(0)):
    options = WebhookOptions.model_validate({"url": url, "secret": secret})
    on_time = replace(surroundings, clock=lambda: datetime.now(UTC) - late)
    return open_channel(Channel(id="hook", type="webhook", options=options), on_time)


async def test_the_receiver_takes_each_message_once(surroundings, receiver, capsys):
    url, defined = receiver
    channel = hook(surroundings, url)
    for sent in (message(LATIN), message(ARABIC, id="0" * 32), message(LATIN)):
        receipt = await channel.send(sent, recipient="")
        assert receipt.detail == "204"
    assert defined["seen"] == {message(LATIN).id, "0" * 32}
    assert capsys.readouterr().out.count("alert.new") == 2


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "other"}, {"secret": None}, {"late": timedelta(minutes=6)}, {"late": -timedelta(hours=1)}],
)
async def test_the_receiver_refuses_forgeries_and_replays(surroundings, receiver, wrong):
    url, defined = receiver
    with pytest.raises(ChannelError, match="401") as caught:
        await hook(surroundings, url, **wrong).send(message(LATIN), recipient="")
    assert caught.value.reason is ChannelReason.AUTHENTICATION
    assert not defined["seen"]
