"""What texts may hold, from a feed to the database and back: on either kind the same, or said."""

import json

import pytest
from house import posted
from samples.news import NOW
from servers.web import reply

from monitor.model import Silence
from monitor.store import silences
from monitor.store.postgresql import NUL_SHOWN

EVERY = {
    "NUL": "A \0declaration",
    "half a surrogate pair": "A \ud83d declaration",
    "the other half": "A declaration \udca9",
    "an emoji": "A declaration \N{PILE OF POO}",
    "line separators": "A\u2028declaration\u2029here",
    "every control character": "A declaration " + "".join(map(chr, range(32))),
    "right to left": "\u202eA declaration\u202c إعلان",
    "marks of SQL": "A declaration '; DROP TABLE entry; -- \\' $$ %s %(x)s :x ? \"",
    "a million characters": "A declaration " + "long " * 200_000,
    "the last characters": "A declaration \U0010ffff \ufffe \uffff \ufeff",
}


@pytest.mark.parametrize("kind", EVERY)
async def test_whatever_a_feed_writes_is_stored_and_told(house, desk, web, kind):
    text = EVERY[kind]
    entry = {
        "id": text, "url": "https://wire.example/" + text[:200], "title": text[:300], "content_text": text,
        "tags": [text[:100]], "author": {"name": text[:100]},
    }  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": text[:100], "items": [entry]}
    quiet = feed | {"items": []}
    house.rule("paris", "declaration")
    bodies = [json.dumps(one).encode() for one in (quiet, feed)]
    web.on("/wire", *(reply(200, body, Content_Type="application/feed+json") for body in bodies))
    house.feed("wire", web.url("/wire"))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        house.clock.step(minutes=20)
        await daemon.run_once(every=True)
        house.clock.step(minutes=20)
        await daemon.run_once(every=True)
    assert len(house.entries()) == 1
    assert "declaration" in house.entries()[0].title
    assert len(posted(web)) == 1


def test_a_person_may_write_what_postgresql_cannot_store(store):
    """By no feed, whose texts are cleaned: by hand, or in an earlier database."""
    silence = Silence(
        id=1,
        rule_id="paris",
        feed_id=None,
        story_id=None,
        from_at=NOW,
        until_at=NOW,
        comment="a\0b",
        who="me",
    )
    with store.writing() as connection:
        silences.add(connection, silence)
        shown = NUL_SHOWN if connection.dialect.name == "postgresql" else "\0"
        assert silences.by_id(connection, 1).comment == f"a{shown}b"
