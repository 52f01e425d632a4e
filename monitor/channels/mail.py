"""A message → a mail (RFC 5322, MIME), the same bytes each time it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.charset import SHORTEST, Charset
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Final

import idna

from monitor.core.alerts.plain import one_line
from monitor.core.alerts.render import html, subject, text
from monitor.model import Message

# 7 bit: every server takes it, and nothing depends on what this one announced.
# Headers are set as they shall stand: folded again they could break (see `_folded`).
_POLICY: Final = SMTP.clone(cte_type="7bit", refold_source="none")
_LONGEST_LINE: Final = 76
_LONGEST_ID: Final = 60
_UNSAFE_IN_ADDRESS: Final = re.compile(r'[\x00-\x20\x7f<>()\[\]\\,;:"]')
_NOT_IN_LIST_ID: Final = re.compile(r"[^A-Za-z0-9_-]+")


def bare_address(written: str) -> str:
    """`written` as it goes on the wire, its domain in ASCII (RFC 5890). Raises `ValueError` with the cure."""
    local, _, domain = written.rpartition("@")
    if not local or not domain or "@" in local or _UNSAFE_IN_ADDRESS.search(written):
        raise ValueError("write a bare address such as desk@example.org")
    if not local.isascii():
        raise ValueError("only the part after the @ may have letters beyond ASCII")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        raise ValueError("the part after the @ is no domain") from None


def mailbox(written: str) -> Address:
    """`desk@example.org` or `News desk <desk@example.org>`. Raises `ValueError` with the cure."""
    if not written.isprintable():
        raise ValueError("the name before the address has characters that no mail may carry")
    name, address = parseaddr(written) if "<" in written else ("", written)
    return Address(display_name=name, addr_spec=bare_address(address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Whom a mail is from and to."""

    channel_id: str
    sender: Address
    recipient: str
    """A bare address."""


def compose(message: Message, envelope: Envelope) -> EmailMessage:
    """`message` as text and HTML, with the headers that keep a story together and holiday replies away.

    All mails of a thread answer one that was never sent and whose id is made from the thread's. Mail programs
    gather what has a reference in common (RFC 5322 §3.6.4), so nobody needs to know which mail was the first;
    that may change while the first one waits for another attempt, and a repeat must keep its Message-ID.
    """
    mail = EmailMessage(policy=_POLICY)
    mail.set_raw("From", _from(envelope.sender))
    mail["To"] = Address(addr_spec=envelope.recipient)
    mail.set_raw("Subject", _folded("Subject", subject(message)))
    mail["Date"] = format_datetime(message.created_at)
    domain = envelope.sender.domain
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = f"<{message.thread_id}@{domain}>"
    list_name = _NOT_IN_LIST_ID.sub("-", envelope.channel_id)
    mail["List-Id"] = f"<{list_name}.news-monitor.{domain}>"  # RFC 2919
    if message.rules:  # to filter by: ids stay where titles are rewritten
        ids = (one_line(rule.id, longest=_LONGEST_ID) for rule in message.rules)
        mail.set_raw("X-Monitor-Rule", _folded("X-Monitor-Rule", ", ".join(ids)))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    if any(rule.priority == "urgent" for rule in message.rules):
        mail["Importance"] = "high"  # RFC 4021 §2.1.54
    mail.set_content(text(message))
    mail.add_alternative(html(message), subtype="html")
    mail.set_boundary(f"=_{message.id}")
    return mail


def _from(sender: Address) -> str:
    """With its name as encoded words where it is not plain (RFC 5322 §3.4: a phrase), else as it was written."""
    if sender.display_name.isascii():
        return str(sender)
    return f"{_folded('From', sender.display_name)}\r\n <{sender.addr_spec}>"


def _folded(name: str, line: str) -> str:
    """`line` folded, and as encoded words (RFC 2047 §2) where it is not plain.

    `EmailMessage` would take "=?…?=" in a headline for an encoded word, and double the space before a word that it
    encodes at the start of a folded line.
    """
    charset = Charset("us-ascii" if line.isascii() and "=?" not in line else "utf-8")
    if charset == "utf-8":
        # The usual way, said here, since Apprise sets another for the whole process.
        charset.header_encoding = SHORTEST
    # §2: an encoded word has 75 characters at most, and 76 its line; by default Python lets them be 78.
    return Header(line, charset, header_name=name, maxlinelen=_LONGEST_LINE).encode(linesep="\r\n")
