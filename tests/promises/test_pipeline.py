"""The whole way, from feeds on a server to messages on others, in one process on real loopback servers."""

import html
import json
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from databases import refuse
from house import SUMMIT, House, item, posted, requests_to, rss
from servers.curt import deaf_port
from servers.mail import mail_server
from servers.web import WebServer, endless, reply

from monitor.core.alerts.state import state_of
from monitor.errors import StorageError
from monitor.jobs.one_pass import Round
from monitor.model import AlertKind, AlertState, DeliveryState, Verdict

STORIES = Path(__file__).parents[1] / "data" / "stories"
SEED = Path(__file__).parents[1] / "data" / "seed-article.rss.xml"

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
TEXT = "Thirty-five countries signed the declaration at the palace on Tuesday evening."
SIGNED = item("Declaration signed in Paris", TEXT)
COD = item(
    "Fishing quotas: ministers agree in Lisbon",
    "Cod and herring are to rest; a declaration follows in spring.",
)


@pytest.fixture
def paris(house, desk):
    """A house with one rule, which waits for a declaration."""
    house.rule("paris", "declaration")
    return house


async def rounds(house: House, web: WebServer, *bodies: bytes, feed_id: str = "wire") -> list[Round]:
    """One pass for each of the feed's contents, twenty minutes apart, by one daemon."""
    house.feed(feed_id, web.on(f"/{feed_id}", *(reply(200, body) for body in bodies)))
    done = []
    async with house.daemon() as daemon:
        for _ in bodies:
            done.append(await daemon.run_once())
            house.clock.step(minutes=20)
    return done


def verdicts(house: House) -> list[Verdict]:
    return [decision.verdict for decision in house.decisions()]


def titles(message: dict) -> list[str]:
    return [report["title"] for report in message["data"]["reports"]]


# ── one story, told ──


async def test_a_new_matching_entry_is_told_once(paris, web):
    await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET), rss(SIGNED, QUIET))
    [message] = posted(web)
    assert titles(message) == ["Declaration signed in Paris"]
    [alert] = paris.alerts()
    assert (alert.kind, alert.rules) == (AlertKind.NEW, ("paris",))
    assert [delivery.state for delivery in paris.deliveries()] == [DeliveryState.SENT]
    assert verdicts(paris) == [Verdict.ALERTED]


async def test_an_alert_goes_by_webhook_and_by_mail_to_each_recipient(paris, web):
    async with mail_server() as mail:
        to = ["ann@desk.example", "bob@desk.example"]
        paris.channel(
            "mail", type="email", host="127.0.0.1", port=mail.port, tls="none",
            **{"from": "monitor@news.example"}, to=to,
        )  # fmt: skip
        paris.rule("paris", "declaration", alert=["desk", "mail"])
        await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET))
    assert len(posted(web)) == 1
    assert sorted(mail.recipients) == to
    assert all("Declaration signed in Paris" in letter["Subject"] for letter in mail.taken)
    assert len({letter["Message-ID"] for letter in mail.taken}) == 2


async def test_the_subject_of_a_thread_is_that_of_its_first_message_for_good(paris, web):
    """The headline changes, another rule finds it: what is told then answers the mail that was sent."""
    async with mail_server() as mail:
        paris.channel(
            "mail", type="email", host="127.0.0.1", port=mail.port, tls="none",
            **{"from": "monitor@news.example"}, to=["ann@desk.example"],
        )  # fmt: skip
        paris.rule("paris", "declaration", alert=["mail"])
        paris.rule("palace", "palace AND embassies", alert=["mail"])
        changed = item("Embassies and palace: what was signed", TEXT, guid="Declaration signed in Paris")
        await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET), rss(changed, QUIET))
    first, *later = [letter["Subject"] for letter in mail.taken]
    assert first == "Declaration signed in Paris"
    assert set(later) == {f"Re: {first}"}
    assert len({letter["References"] for letter in mail.taken}) == 1


async def test_what_channels_refuse_for_a_while_comes_later_with_the_same_id(paris, web):
    web.on("/hook", reply(503), reply(503), reply(200))
    async with mail_server() as mail:
        paris.channel(
            "mail", type="email", host="127.0.0.1", port=mail.port, tls="none",
            **{"from": "monitor@news.example"}, to=["ann@desk.example"],
        )  # fmt: skip
        paris.rule("paris", "declaration", alert=["desk", "mail"])
        paris.feed("wire", web.on("/wire", reply(200, rss(QUIET)), reply(200, rss(SIGNED, QUIET))))
        mail.data = "451 4.3.0 not now"
        async with paris.daemon() as daemon:
            await daemon.run_once()
            paris.clock.step(minutes=20)
            await daemon.run_once()
            assert {one.state for one in paris.deliveries()} == {DeliveryState.PENDING}
            assert "503" in paris.deliveries()[0].last_error
            assert "451" in paris.deliveries()[1].last_error
            mail.data = "250 2.0.0 taken"
            for _ in range(2):
                paris.clock.step(minutes=5)
                await daemon.run_once()
    ids = [request.header("webhook-id") for request in requests_to(web, "/hook")]
    assert ids == [paris.deliveries()[0].id] * 3
    [letter] = mail.taken
    assert paris.deliveries()[1].id in letter["Message-ID"]
    assert {one.state for one in paris.deliveries()} == {DeliveryState.SENT}


async def test_a_refusal_for_good_is_dead_at_once_and_told_to_the_operator_elsewhere(paris, web):
    paris.channel("office", type="webhook", url=web.on("/office", reply(200)))
    paris.settings["alerting"]["operator"] = ["desk", "office"]
    web.on("/hook", reply(410))
    await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET), rss(SIGNED, QUIET))
    assert len(posted(web)) == 1
    alert, note = paris.alerts()
    [told] = posted(web, "/office")
    assert note.kind is AlertKind.NOTE
    assert "Alert 1 could not be sent to desk" in told["data"]["text"]
    assert f"monitor alerts retry {alert.id}" in told["data"]["text"]
    states = {one.channel: one.state for one in paris.deliveries()}
    assert states == {"desk": DeliveryState.DEAD, "office": DeliveryState.SENT}


async def test_reports_that_come_within_group_wait_are_one_message(paris, web):
    for number, url in enumerate(("/one", "/two")):
        text = rss(
            item("Declaration signed in Paris", TEXT, guid=f"{number}", link=f"https://{number}.example/a")
        )
        other = rss(item(f"{number} {QUIET}"))
        paris.feed(f"feed{number}", web.on(url, reply(200, other), reply(200, text)))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(minutes=20)
        await daemon.poll_one("feed0", dry_run=False)
        paris.clock.step(seconds=20)
        await daemon.poll_one("feed1", dry_run=False)
        assert not posted(web)
        await daemon.run_once()
    assert len(posted(web)) == len(paris.alerts()) == 1


async def test_a_second_rule_tells_the_story_as_an_update_in_the_same_thread(paris, web):
    paris.rule("palace", "palace AND changed")
    changed = item("Declaration signed in Paris, changed", TEXT, guid="Declaration signed in Paris")
    await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET), rss(changed, QUIET))
    first, update = posted(web)
    assert [alert.kind for alert in paris.alerts()] == [AlertKind.NEW, AlertKind.UPDATE]
    assert first["data"]["thread_id"] == update["data"]["thread_id"]
    assert (first["data"]["first_in_thread"], update["data"]["first_in_thread"]) == (True, False)
    assert [rule["id"] for rule in update["data"]["rules"]] == ["palace"]


async def test_a_changed_entry_alerts_when_it_starts_to_match(paris, web):
    early = item("Talks in Paris", "The leaders are still at the table.", guid="talks")
    late = item("Talks in Paris end with a declaration", "The leaders have left the table.", guid="talks")
    await rounds(
        paris, web, rss(QUIET), rss(early, QUIET), rss(late, QUIET), rss(early, QUIET), rss(late, QUIET)
    )
    assert len(posted(web)) == 1
    assert [entry.title for entry in paris.entries()] == [
        "Weather for the week", "Talks in Paris end with a declaration",
    ]  # fmt: skip


async def test_a_dry_run_stores_and_sends_nothing(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(SIGNED))))
    async with paris.daemon() as daemon:
        plan = await daemon.poll_one("wire", dry_run=True)
    assert [one.entry.title for one in plan.new] == ["Declaration signed in Paris"]
    assert paris.entries() == []
    assert paris.feed_state("wire").counts.polls == 0


# ── the schedule ──


async def test_a_restart_polls_nothing_early(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with paris.daemon() as daemon:
        await daemon.run_once()
    due_at = paris.feed_state("wire").next_poll_at
    for at, expected in ((due_at - timedelta(microseconds=1), 1), (due_at, 2)):
        paris.clock.at = at
        async with paris.daemon() as daemon:
            await daemon.run_once()
        assert len(requests_to(web, "/wire")) == expected


async def test_every_feed_is_polled_where_that_is_asked_for(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        assert (await daemon.run_once()).polled == 0
        assert (await daemon.run_once(every=True)).polled == 1


async def test_a_feed_that_was_taken_out_is_not_polled_and_comes_back_with_its_memory(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(QUIET)), reply(200, rss(SIGNED, QUIET))))
    async with paris.daemon() as daemon:
        await daemon.run_once()
    wire = paris.feeds.pop("wire")
    paris.clock.step(hours=5)
    async with paris.daemon() as daemon:
        assert (await daemon.run_once(every=True)).polled == 0
    paris.feed("wire", **wire)
    async with paris.daemon() as daemon:
        assert (await daemon.run_once()).new == 1
    assert len(posted(web)) == 1


async def test_a_disabled_feed_is_not_polled(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(QUIET))), enabled=False)
    async with paris.daemon() as daemon:
        assert (await daemon.run_once(every=True)).polled == 0


async def test_a_feed_that_stops_is_a_note_to_the_operator_once(paris, web):
    paris.settings["alerting"]["operator"] = ["desk"]
    paris.feed("wire", web.on("/wire", reply(401)))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(days=2)
        assert (await daemon.run_once(every=True)).polled == 0
    [note] = posted(web)
    assert note["type"] == "alert.note"
    assert note["data"]["text"].startswith("Feed wire is polled no more: ")
    assert "401" in paris.feed_state("wire").stopped_reason


# ── a hostile world ──


async def test_bad_feeds_side_by_side_each_say_what_is_wrong_and_hold_up_nobody(paris, web):
    with deaf_port() as port:
        feeds = {
            "dead": f"http://127.0.0.1:{port}/feed",
            "page": web.on("/page", reply(200, b"<!doctype html><html><body>Subscribe!</body></html>")),
            "huge": web.on("/huge", endless(b"<item>" * 10_000)),
            "broken": web.on("/broken", reply(200, rss(SIGNED).replace(b"</item>", b""))),
            "cyrillic": web.on(
                "/cyrillic", reply(200, rss(item("Мирное соглашение подписано"), encoding="windows-1251"))
            ),
            "gone": web.on("/gone", reply(404)),
            "good": web.on("/good", reply(200, rss(QUIET))),
        }
        for feed_id, url in feeds.items():
            paris.feed(feed_id, url)
        async with paris.daemon() as daemon:
            done = await daemon.run_once()
    errors = {feed_id: paris.feed_state(feed_id).last_error for feed_id in feeds}
    assert (done.polled, done.failed) == (7, 4)
    assert {feed_id for feed_id, error in errors.items() if error} == {"dead", "page", "huge", "gone"}
    assert "web page" in errors["page"]
    assert "larger than a feed may be" in errors["huge"]
    assert "404" in errors["gone"]
    assert all(paris.feed_state(feed_id).failures == 1 for feed_id in ("dead", "page", "huge", "gone"))
    assert sorted(entry.title for entry in paris.entries()) == [
        "Declaration signed in Paris", "Weather for the week", "Мирное соглашение подписано",
    ]  # fmt: skip


async def test_every_entry_of_every_feed_is_stored_with_its_title_in_its_own_script(house, desk):
    """The same 72 entries as lines of JSON say what must come out of 24 feeds in as many formats and charsets."""
    wanted = {}
    for line in (STORIES / "entries.dev.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        wanted[entry["feed"], entry["url"]] = plain(html.unescape(entry["title"]))
    for path in sorted({STORIES / feed for feed, _ in wanted} | {SEED}):
        house.feed(path.name, path.as_uri(), allow_private=True)
    async with house.daemon() as daemon:
        done = await daemon.run_once()
    assert done.failed == 0
    stored = {(entry.feed_id, entry.url): entry.title for entry in house.entries()}
    seed = {key: title for key, title in stored.items() if key[0] == SEED.name}
    assert len(seed) == 1
    assert {key: plain(title) for key, title in stored.items() - seed.items()} == wanted


def plain(title: str) -> str:
    """With accents composed, one kind of space, and nothing that cannot be seen."""
    seen = "".join(char for char in title if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", seen).split())


# ── the promises ──


async def test_promise_1_an_alert_survives_that_its_sender_and_its_receiver_go_away(paris, web):
    """No alert is lost; `test_crash.py` kills the process at every point."""
    with deaf_port() as port:
        paris.channel("desk", type="webhook", url=f"http://127.0.0.1:{port}/hook")
        await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET))
    assert [one.state for one in paris.deliveries()] == [DeliveryState.PENDING]
    paris.channel("desk", type="webhook", url=web.url("/hook"))
    async with paris.daemon() as daemon:
        paris.clock.step(hours=1)
        await daemon.run_once()
    assert [one.state for one in paris.deliveries()] == [DeliveryState.SENT]
    assert len(posted(web)) == 1


async def test_promise_2_a_new_feed_full_of_matches_sends_nothing(paris, web):
    old = [item(f"Declaration number {number}", f"Words {number} of it.") for number in range(60)]
    await rounds(paris, web, rss(*old), rss(*old))
    assert posted(web) == []
    assert set(verdicts(paris)) == {Verdict.BASELINE}
    assert len(paris.entries(rule_id="paris")) == 60


async def test_promise_2_catch_up_lets_the_young_ones_of_a_first_poll_through(paris, web):
    paris.settings["alerting"]["catch_up"] = "1h"
    young = item("Declaration signed in Paris", TEXT, published=SUMMIT - timedelta(minutes=59))
    old = item(
        "A declaration of last night on fish quotas", "Ministers met.", published=SUMMIT - timedelta(hours=1)
    )
    undated = item("A declaration without a date", "Nobody knows.", published=None)
    await rounds(paris, web, rss(young, old, undated))
    assert [titles(message) for message in posted(web)] == [["Declaration signed in Paris"]]


async def test_promise_2_a_new_rule_sends_nothing_about_what_is_stored(paris, web):
    old = [item(f"Treaty number {number}", f"Words {number} of it.") for number in range(30)]
    paris.feed("wire", web.on("/wire", reply(200, rss(QUIET)), reply(200, rss(*old))))
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(minutes=20)
        await daemon.run_once()
        paris.rule("treaty", "treaty")
    async with paris.daemon() as daemon:
        paris.clock.step(minutes=20)
        await daemon.run_once()
    assert posted(web) == []


async def test_promise_2_a_new_rule_sends_nothing_when_old_entries_are_touched_up(paris, web):
    """A feed that adds "Read more" to all it holds has said nothing new: its entries matched before they changed."""
    old = [item(f"Treaty number {number}", f"Words {number} of it.") for number in range(30)]
    touched = [one.replace(" of it.", " of it. Read more") for one in old]
    paris.feed("wire", web.on("/wire", *(reply(200, rss(*some)) for some in ([QUIET], old, touched))))
    async with paris.daemon() as daemon:
        for _ in range(2):
            await daemon.run_once()
            paris.clock.step(minutes=20)
    paris.rule("treaty", "treaty")
    async with paris.daemon() as daemon:
        assert (await daemon.run_once()).matched == 30
    assert posted(web) == []
    assert set(verdicts(paris)) == {Verdict.BASELINE}


async def test_promise_2_a_feed_that_changes_all_its_ids_sends_nothing(paris, web):
    old = [
        item(f"Declaration number {number}", f"Words {number} of it.", guid=f"a{number}")
        for number in range(30)
    ]
    moved = [one.replace(">a", ">https://new.example/?p=") for one in old]
    await rounds(paris, web, rss(*old), rss(*moved), rss(*old))
    assert paris.feed_state("wire").counts.polls == 3
    assert posted(web) == []
    assert len(paris.entries()) == 30


async def test_promise_3_a_copy_never_alerts_in_a_story_that_was_told(paris, web):
    copy = item("Declaration is signed in Paris", TEXT, guid="another", link="https://other.example/35-sign")
    paris.feed("other", web.on("/other", *(reply(200, rss(QUIET)) for _ in range(2)), reply(200, rss(copy))))
    await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET), rss(SIGNED, QUIET))
    assert len(posted(web)) == 1
    assert verdicts(paris) == [Verdict.ALERTED, Verdict.COPY]
    original, copied = paris.entries(rule_id="paris")
    assert (copied.copy_of, copied.story_id) == (original.id, original.story_id)


async def test_promise_2_the_proven_copy_of_what_was_there_before_is_no_news(paris, web):
    copy = item("Declaration is signed in Paris", TEXT, guid="another", link="https://other.example/35-sign")
    paris.feed("other", web.on("/other", reply(200, rss(QUIET)), reply(200, rss(copy))))
    await rounds(paris, web, rss(SIGNED), rss(SIGNED))
    assert not posted(web)
    assert verdicts(paris) == [Verdict.BASELINE, Verdict.BASELINE]


async def test_promise_4_every_match_has_a_reason_that_is_stored(paris, web):
    too_old = item("An old declaration", "From another year.", published=SUMMIT - timedelta(days=30))
    was_there = item("A declaration that was there", "Before anybody asked.")
    await rounds(paris, web, rss(was_there), rss(SIGNED, too_old, was_there))
    reasons = {paris_title(paris, one.entry_id): one.reason for one in paris.decisions()}
    assert reasons.keys() == {
        "A declaration that was there",
        "An old declaration",
        "Declaration signed in Paris",
    }
    assert reasons["An old declaration"] == "30 days old, the limit is 7 days"
    assert all(entry.story_reason for entry in paris.entries())


def paris_title(house: House, entry_id: int) -> str:
    return next(entry.title for entry in house.entries() if entry.id == entry_id)


async def test_promise_5_a_channel_that_is_down_holds_up_no_other(paris, web):
    with deaf_port() as port:
        paris.channel("down", type="webhook", url=f"http://127.0.0.1:{port}/")
        paris.rule("paris", "declaration", alert=["down", "desk"])
        await rounds(paris, web, rss(QUIET), rss(SIGNED, QUIET))
    assert len(posted(web)) == 1
    assert state_of(paris.deliveries()) is AlertState.WAITING


async def test_promise_5_a_recipient_who_is_refused_holds_up_no_other(paris, web):
    paris.settings["alerting"]["default"] = ["mail"]
    async with mail_server() as mail:
        paris.channel(
            "mail", type="email", host="127.0.0.1", port=mail.port, tls="none",
            **{"from": "monitor@news.example"}, to=["ann@desk.example"],
        )  # fmt: skip
        mail.recipient = "550 5.1.1 no such user"
        signed = [
            rss(QUIET),
            rss(SIGNED, QUIET),
            rss(COD, SIGNED, QUIET),
        ]
        paris.feed("wire", web.on("/wire", *(reply(200, body) for body in signed)))
        async with paris.daemon() as daemon:
            for _ in range(2):
                await daemon.run_once()
                paris.clock.step(minutes=20)
            mail.recipient = "250 2.1.5 fine"
            await daemon.run_once()
    assert [one.state for one in paris.deliveries()] == [DeliveryState.DEAD, DeliveryState.SENT]
    assert len(mail.taken) == 1


async def test_a_pass_whose_polls_cannot_be_stored_sends_what_waits_all_the_same(house, web, desk):
    house.feed("wire", web.on("/feed", reply(200, rss(item("Old"))), reply(200, rss(item("Paris")))))
    house.rule("paris", "paris")
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        feed, state = house.load().config.feeds["wire"], house.feed_state("wire")
        await daemon.poller.poll(feed, state)  # stored; its alert waits for further reports
        assert posted(web) == []
        refuse(house.store, "UPDATE ON feed", saying="full")
        with pytest.raises(StorageError, match="full"):
            await daemon.run_once(every=True)
    assert len(posted(web)) == 1


async def test_a_pass_counts_every_poll_however_many_end_at_once(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("truce", "truce")
    for number in range(6):
        good = web.on(f"/{number}", reply(200, rss(item(f"Truce {number}"))))
        host = f"http://127.0.0.{number + 1}:9/feed"  # where nobody listens
        house.feed(f"good-{number}", good)
        house.feed(f"bad-{number}", host)
    async with house.daemon() as daemon:
        done = await daemon.run_once(every=True)
    assert (done.polled, done.failed, done.new, done.matched) == (12, 6, 6, 6)
