"""Mails as mail programs read them."""

import email
from dataclasses import replace
from email import policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from samples.messages import ARABIC, CHINESE, CYRILLIC, HOSTILE_TITLES, LATIN, PARIS, message, titled

from monitor.channels.email import EmailOptions
from monitor.channels.mail import Envelope, bare_address, compose, mailbox
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.render import html, subject, text
from monitor.model import AlertKind, RuleName

ENVELOPE = Envelope(
    channel_id="desk", sender=mailbox("News <monitor@example.org>"), recipient="a@example.org"
)
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "Auto-Submitted",
    "MIME-Version", "Content-Type", "X-Monitor-Rule",
}  # fmt: skip


def sent(composed):
    """As it comes out at the other end."""
    return email.message_from_bytes(compose(composed, ENVELOPE).as_bytes(), policy=policy.default)


@example("Kamer wil weten wat Schoof in Parijs heeft toegezegd voor Oekraïne")
@example("=?utf-8?q?a=0D=0ABcc:_everybody@example.org?= and what follows")
@example(
    "How a headline of plain letters that is longer than one line of a mail is folded, and comes out whole"
)
@given(st.text(max_size=400))
def test_no_title_changes_the_headers_or_is_changed_by_them(title):
    it = titled(title)
    mail = sent(it)
    assert set(mail.keys()) == HEADERS
    assert mail["Subject"] == subject(it)
    assert mail["To"] == "a@example.org"


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_hostile_titles_change_no_header(title):
    mail = sent(titled(title))
    assert set(mail.keys()) == HEADERS
    assert not mail.defects


@pytest.mark.parametrize("source", [LATIN, CYRILLIC, ARABIC, CHINESE], ids=lambda source: source["language"])
def test_subjects_and_bodies_arrive_in_every_script(source):
    mail = sent(message(source))
    assert mail["Subject"] == source["title"]
    plain, page = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert plain == text(message(source))
    assert page == html(message(source))


@pytest.mark.parametrize("title", ["Paris", *HOSTILE_TITLES.values()], ids=["harmless", *HOSTILE_TITLES])
def test_every_server_and_every_old_relay_takes_it(title):
    """RFC 5322 §2.1.1: 998 characters a line at most; RFC 2045 §2.7: 7 bit."""
    raw = compose(titled(title, rules=(RuleName(id="r", title=title),)), ENVELOPE).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_the_same_message_is_the_same_mail():
    assert compose(message(LATIN), ENVELOPE).as_bytes() == compose(message(LATIN), ENVELOPE).as_bytes()


def test_a_repeat_keeps_its_id_when_meanwhile_another_was_the_first_of_its_thread():
    assert sent(message(LATIN))["Message-ID"] == sent(message(LATIN, first_in_thread=False))["Message-ID"]


def test_mails_of_a_story_meet_in_one_thread():
    first = sent(message(LATIN))
    update = sent(message(CYRILLIC, id="other", kind=AlertKind.UPDATE, first_in_thread=False))
    assert first["Message-ID"] != update["Message-ID"]
    assert first["References"] == update["References"] == first["In-Reply-To"]
    assert sent(message(LATIN, thread_id="another"))["References"] != first["References"]


def test_automatic_answers_are_kept_away_and_lists_can_be_filtered():
    mail = sent(message(LATIN))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<desk.news-monitor.example.org>"


def test_mails_can_be_filtered_by_the_ids_of_their_rules():
    rules = (RuleName(id="paris", title="Paris Declaration"), RuleName(id="ports", title=""))
    assert sent(message(LATIN, rules=rules))["X-Monitor-Rule"] == "paris, ports"
    assert sent(message(LATIN, rules=()))["X-Monitor-Rule"] is None


def test_an_urgent_rule_makes_the_mail_important():
    assert (
        sent(message(LATIN, rules=(PARIS, RuleName(id="x", title="", priority="urgent"))))["Importance"]
        == "high"
    )


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("desk@example.org", "desk@example.org"),
        ("desk@Exämple.org", "desk@xn--exmple-cua.org"),
        ("first.last+tag@sub.example.org", "first.last+tag@sub.example.org"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_goes_out_in_ascii(written, address):
    assert bare_address(written) == address


@pytest.mark.parametrize(
    "written",
    ["", "desk", "@example.org", "desk@", "a b@example.org", "a@b@c", "a@example.org\r\nRCPT TO:<x@y.z>", "<a@b.c>",
     "a@b.c,d@e.f", "дед@example.org", "a@-.org", "a@" + "x" * 300 + ".org", "a@b.c\u2028", "a\x00@b.c"],
)  # fmt: skip
def test_what_is_no_address_is_refused(written):
    with pytest.raises(ValueError, match=r"address|domain|ASCII"):
        bare_address(written)


@given(st.text())
def test_an_address_is_refused_or_harmless(written):
    try:
        address = bare_address(written)
    except ValueError:
        return
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' <>",;')
    assert compose(
        message(LATIN), Envelope(channel_id="x", sender=mailbox(address), recipient=address)
    ).as_bytes()


def test_a_sender_may_have_a_name():
    sender = mailbox("Pressestelle Köln <monitor@example.org>")
    assert (sender.display_name, sender.addr_spec) == ("Pressestelle Köln", "monitor@example.org")
    with pytest.raises(ValueError, match="name"):
        mailbox("News\nBcc: x <monitor@example.org>")


GOOD = {"host": "mail.example.org", "from": "monitor@example.org", "to": ["a@example.org", "b@example.org"]}


def test_each_address_in_to_is_a_recipient_of_its_own():
    assert EmailOptions.model_validate(GOOD).recipients == ("a@example.org", "b@example.org")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"to": []}, "at least one"),
        ({"to": ["nobody"]}, "bare address"),
        ({"from": "nobody"}, "bare address"),
        ({"host": ""}, "at least 1"),
        ({"host": "a..b"}, "name of a host"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"tls": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"user": "desk"}, "go together"),
        ({"password": "x"}, "go together"),
        ({"user": "desk", "password": "x", "tls": "none"}, "in clear"),
        ({"timeout": 0}, "greater than or equal to 0.1"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_refused(changed, words):
    with pytest.raises(ValidationError, match=words):
        EmailOptions.model_validate(GOOD | changed)


def test_a_password_may_go_in_clear_to_this_machine_only():
    assert EmailOptions.model_validate(
        GOOD | {"user": "a", "password": "b", "tls": "none", "host": "127.0.0.1"}
    )


@pytest.mark.parametrize(
    "title",
    [
        *HOSTILE_TITLES.values(),
        "Декларація про гарантії безпеки для України підписана у Парижі: тридцять п'ять країн " * 2,
        "パリ宣言が署名された：ウクライナの安全の保証について三十五か国が合意した" * 2,
        "Erklärung von Paris: Fünfunddreißig Länder unterzeichnen Sicherheitsgarantien, größer als erwartet",
        "é" * 150,
        "👨‍👩‍👧‍👦" * 20,
    ],
)
def test_an_encoded_word_has_seventy_five_characters_at_most(title):
    """RFC 2047 §2; and a line that has one, 76."""
    head = compose(titled(title), ENVELOPE).as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    lines = [line for line in head.split("\r\n") if "=?" in line]
    assert all(len(line) <= 76 for line in lines)
    assert all(len(word) <= 75 for line in lines for word in line.split() if word.startswith("=?utf-8?"))


@pytest.mark.parametrize(
    "name",
    [
        "News desk",
        "desk, news",
        "Pressestelle Köln, für alle",
        "=?utf-8?q?x?= ü",
        "Новинний стіл агентства міжнародних новин та аналітики у Києві",
        "ニュース監視デスク日本語版の長い名前がここにあります国際部と政治部と経済部",
    ],
)
@pytest.mark.parametrize(
    "rule", ["paris", "декларація-парижу-про-гарантії-безпеки-для-україни", "日本語規則" * 12]
)
def test_so_it_is_in_the_name_of_the_sender_and_the_ids_of_the_rules(name, rule):
    composed = titled("Zürich")
    composed = replace(composed, rules=tuple(replace(one, id=rule) for one in composed.rules) * 5)
    sender = Envelope(
        channel_id="desk", sender=mailbox(f'"{name}" <m@example.org>'), recipient="a@example.org"
    )
    head = compose(composed, sender).as_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(len(word) <= 75 for word in head.split() if word.startswith("=?utf-8?"))
    read = email.message_from_string(head)
    said, address = parseaddr(read["From"])
    assert (str(make_header(decode_header(said))), address) == (name, "m@example.org")
    assert str(make_header(decode_header(read["X-Monitor-Rule"]))).split(", ") == [
        one_line(rule, longest=60)
    ] * len(composed.rules)
