"""Whole mails, byte by byte: beside the texts and pages in `tests/data/messages`."""

import os
from pathlib import Path

import pytest
from samples.messages import ARABIC, CHINESE, CYRILLIC, LATIN, message, titled

from monitor.channels.mail import Envelope, compose, mailbox

DATA = Path(__file__).parents[1] / "data" / "messages"
ENVELOPE = Envelope(
    channel_id="desk", sender=mailbox("Pressestelle Köln <monitor@example.org>"), recipient="a@example.org"
)
MAILS = {
    "latin": message(LATIN),
    "cyrillic": message(CYRILLIC),
    "arabic": message(ARABIC),
    "chinese": message(CHINESE),
    "hostile": titled("Paris\r\nBcc: everybody@example.org\u2028X: y <script>"),
}


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_goes_out_as_it_always_did(name):
    path = DATA / f"{name}.eml"
    raw = compose(MAILS[name], ENVELOPE).as_bytes()
    if os.environ.get("GOLDEN") == "write":
        path.write_bytes(raw)
    assert raw == path.read_bytes()
