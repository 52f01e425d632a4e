"""Laws of subscriptions: who is believed, when hubs are asked, which of them feeds may name."""

import hashlib
import hmac
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import news

from monitor.core import polling, websub
from monitor.core.polling.push import LONGEST_SAFETY, HubOffer, safety, wish_of, with_hub
from monitor.core.polling.reasons import MinimumWait as Wait
from monitor.core.polling.reasons import Reason
from monitor.core.websub import Refused
from monitor.model import (
    FeedEntry,
    FeedState,
    Hubs,
    Modified,
    ParsedFeed,
    PollCounts,
    Polling,
    PollYield,
    Push,
    Subscription,
    SubscriptionState,
    Validators,
)

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
BASE = "https://monitor.example/websub/"
WISH = HubOffer("https://hub.example/", "https://wire.example/feed")
ONE = Subscription(
    token="t",
    feed_id="wire",
    hub=WISH.hub,
    topic=WISH.topic,
    callback=BASE + "t",
    secret="s",
    next_at=NOW,
)
LIVE = replace(ONE, state=SubscriptionState.LIVE, lease_until_at=NOW + timedelta(days=1))


def said(**words):
    usual = {"mode": "subscribe", "topic": WISH.topic, "challenge": "c", "lease_seconds": "86400"}
    return {f"hub.{name}": value for name, value in (usual | words).items()}


# ── signatures ──


@given(body=st.binary(), method=st.sampled_from(["sha1", "sha256", "sha384", "sha512"]), other=st.binary())
def test_exactly_what_the_secret_signed_is_signed(body, method, other):
    signature = hmac.new(b"secret", body, getattr(hashlib, method)).hexdigest()
    for header in (f"{method}={signature}", f" {method.upper()}={signature.upper()} "):
        assert websub.is_signed(header, body, secret="secret")
    assert websub.is_signed(f"{method}={signature}", other, secret="secret") == (body == other)
    assert not websub.is_signed(f"{method}={signature}", body, secret="another")


@given(header=st.text(), body=st.binary())
def test_no_header_is_taken_for_a_signature_by_chance(header, body):
    assert not websub.is_signed(header, body, secret="secret")


# ── leases ──


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [
        ("864000", timedelta(days=10)),
        ("0", timedelta(0)),
        ("2592000", timedelta(days=30)),
        ("2592001", timedelta(days=30)),
        ("9" * 12, timedelta(days=30)),
        ("9" * 13, timedelta(days=1)),
        ("-1", timedelta(days=1)),
        ("soon", timedelta(days=1)),
        ("٣", timedelta(days=1)),
        ("", timedelta(days=1)),
    ],
)
def test_a_lease_is_the_hubs_within_reason(seconds, lease):
    after = websub.confirmed(websub.asked(ONE, now=NOW), said(lease_seconds=seconds), now=NOW)
    assert after.lease_until_at == NOW + lease
    assert after.next_at == NOW + max(lease * 2 / 3, timedelta(hours=1))
    assert after.failures == 0


def test_a_hub_that_never_confirms_is_asked_after_hours_then_days():
    one, waits = ONE, []
    for _ in range(7):
        one = websub.asked(one, now=NOW)
        waits.append((one.next_at - NOW) / timedelta(hours=1))
    assert waits == [1, 2, 4, 8, 16, 24, 24]


# ── who is believed ──


def test_a_hub_confirms_within_an_hour_of_being_asked():
    one = websub.asked(ONE, now=NOW)
    in_time, late = NOW + timedelta(hours=1), NOW + timedelta(hours=1, seconds=1)
    assert websub.confirmed(one, said(), now=in_time).state is SubscriptionState.LIVE
    assert websub.confirmed(one, said(), now=late) == Refused("nobody asked for it of late")
    assert websub.confirmed(ONE, said(), now=NOW) == Refused("nobody asked for it of late")


def test_what_ends_is_neither_confirmed_anew_nor_denied():
    ending = websub.asked(websub.ended(LIVE, now=NOW), now=NOW)
    assert isinstance(websub.confirmed(ending, said(), now=NOW), Refused)
    assert isinstance(websub.confirmed(ending, said(mode="denied"), now=NOW), Refused)
    assert websub.confirmed(ending, said(mode="unsubscribe"), now=NOW).state is SubscriptionState.ENDING


def test_a_hub_without_a_reason_denies_too():
    assert websub.confirmed(LIVE, said(mode="denied"), now=NOW).last_error == "denied"


def test_an_end_is_asked_for_thrice_or_until_the_lease_is_over():
    ending = websub.ended(LIVE, now=NOW)
    assert not websub.is_over(LIVE, now=NOW + timedelta(days=2))
    assert not websub.is_over(ending, now=NOW)
    assert websub.is_over(ending, now=NOW + timedelta(days=1))
    assert not websub.is_over(replace(ending, failures=2), now=NOW)
    assert websub.is_over(replace(ending, failures=3), now=NOW)


def test_the_secret_goes_with_what_subscribes_only():
    assert websub.form(ONE)["hub.secret"] == "s"
    assert "hub.secret" not in websub.form(websub.ended(ONE, now=NOW))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"topic": "https://evil.example/"}, "it names another topic"),
        ({"challenge": ""}, "it has no challenge"),
    ],
)
def test_a_question_that_is_not_whole_is_refused(words, reason):
    assert websub.confirmed(websub.asked(ONE, now=NOW), said(**words), now=NOW) == Refused(reason)


# ── which are wanted ──


def test_each_wish_has_one_subscription():
    assert websub.due_changes({"wire": WISH}, [], base=BASE).open == {"wire": WISH}
    kept = websub.due_changes({"wire": WISH}, [LIVE], base=BASE)
    assert (kept.open, kept.end, kept.forget) == ({}, (), ())


@pytest.mark.parametrize(
    ("wishes", "base"),
    [
        ({}, BASE),
        ({"wire": HubOffer("https://other.example/", WISH.topic)}, BASE),
        ({"wire": HubOffer(WISH.hub, "https://wire.example/new")}, BASE),
        ({"wire": WISH}, "https://moved.example/websub/"),
    ],
    ids=["gone", "another hub", "another topic", "another address of ours"],
)
def test_what_fits_no_wish_ends(wishes, base):
    changes = websub.due_changes(wishes, [LIVE], base=base)
    assert changes.end == (LIVE,)
    assert changes.open == wishes
    assert websub.due_changes({}, [websub.ended(LIVE, now=NOW)], base=base).end == ()


def test_what_no_hub_was_asked_for_is_forgotten_silently():
    assert websub.due_changes({}, [ONE], base=BASE).forget == (ONE,)


# ── hubs that feeds name ──


def test_the_headers_count_before_the_document():
    header, document = (
        Hubs(urls=("https://a/",), topic="https://f/"),
        Hubs(urls=("https://b/",), topic="https://g/"),
    )
    assert wish_of(header, document, url="https://f/") == HubOffer("https://a/", "https://f/")
    assert wish_of(Hubs(), document, url="https://f/") == HubOffer("https://b/", "https://g/")
    assert wish_of(Hubs(urls=("https://a/",)), document, url="https://f/") == HubOffer(
        "https://a/", "https://g/"
    )


def test_a_feed_without_a_name_for_its_hub_has_none():
    assert wish_of(Hubs(), Hubs(urls=("https://a/",)), url="https://f/") is None
    assert wish_of(Hubs(), Hubs(topic="https://f/"), url="https://f/") is None


def test_the_way_to_a_hub_is_no_less_safe_than_to_the_feed():
    both = Hubs(urls=("http://a/", "https://b/"), topic="https://f/")
    plain = Hubs(urls=("http://a/",), topic="https://f/")
    assert wish_of(Hubs(), both, url="http://f/").hub == "https://b/"
    assert wish_of(Hubs(), plain, url="http://f/").hub == "http://a/"
    assert wish_of(Hubs(), plain, url="https://f/").hub == "https://a/"


# ── safety polls ──


@given(interval=st.integers(1, 10_000), wait=st.integers(1, 100_000))
def test_a_push_makes_polls_rarer_and_never_rare(interval, wait):
    settings = Polling(interval=timedelta(minutes=interval), min_interval=timedelta(minutes=1))
    wish = Wait(timedelta(minutes=wait), Reason.RHYTHM)
    state = FeedState(
        feed_id="wire", url="u", next_poll_at=NOW, push=Push(until_at=NOW + timedelta(seconds=1))
    )
    after = safety(state, wish, settings=settings, now=NOW)
    assert wish.wait <= after.wait <= max(wish.wait, LONGEST_SAFETY)
    assert safety(state, wish, settings=settings, now=NOW + timedelta(seconds=1)) == wish
    assert safety(replace(state, push=Push()), wish, settings=settings, now=NOW) == wish


def test_a_hubs_word_brings_no_poll_sooner_than_the_publisher_allows():
    state = FeedState(feed_id="wire", url="u", next_poll_at=NOW + timedelta(hours=2), last_poll_at=NOW)
    settings = Polling(min_interval=timedelta(minutes=5))
    assert polling.hastened(state, settings=settings, now=NOW).next_poll_at == NOW + timedelta(minutes=5)
    held = replace(state, not_before_at=NOW + timedelta(hours=1))
    assert polling.hastened(held, settings=settings, now=NOW).next_poll_at == NOW + timedelta(hours=1)
    assert polling.hastened(replace(state, stopped_reason="gone"), settings=settings, now=NOW) is None
    assert polling.hastened(replace(state, next_poll_at=NOW), settings=settings, now=NOW) is None


def test_a_push_changes_the_rhythm_and_the_trust_and_nothing_else():
    state = FeedState(
        feed_id="wire",
        url="u",
        next_poll_at=NOW,
        validators=Validators(etag='"1"'),
        counts=PollCounts(polls=3),
        last_poll_at=NOW,
    )
    lease = NOW + timedelta(days=1)
    after = polling.after_push(state, PollYield(published_at=(NOW,)), lease_until_at=lease, now=NOW)
    assert (after.push.until_at, after.rhythm.last_entry_at, after.fence) == (lease, NOW, state.fence + 1)
    changed = {name for name, value in asdict(after).items() if value != asdict(state)[name]}
    assert changed == {"rhythm", "push", "fence"}
    assert after.push == replace(state.push, until_at=lease)


def test_half_a_document_says_nothing_of_hubs():
    state = FeedState(
        feed_id="wire", url="u", next_poll_at=NOW, push=Push(hub="https://hub.example/", topic="t")
    )
    whole = Modified(feed=ParsedFeed(), body_hash="")
    assert with_hub(state, whole, url="https://f/").push.hub == ""
    assert with_hub(state, replace(whole, feed=ParsedFeed(cut_off=True)), url="https://f/") == state


# ── versions that come late ──


@pytest.mark.parametrize(
    ("pushed", "stored", "late"),
    [(9, 10, True), (10, 10, False), (11, 10, False), (None, 10, False), (9, None, False)],
)
def test_an_older_version_is_late(pushed, stored, late):
    stored_at = NOW + timedelta(minutes=stored) if stored is not None else None
    pushed_at = NOW + timedelta(minutes=pushed) if pushed is not None else None
    assert (
        websub.is_late(FeedEntry(title="Truce", updated_at=pushed_at), news.entry(updated_at=stored_at))
        is late
    )
