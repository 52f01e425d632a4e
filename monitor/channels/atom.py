"""Messages as entries of an Atom feed (RFC 4287) in a file, for feed readers: the newest first.

The file is all that there is: it is read, added to and replaced whole, so it survives every crash and restart.
"""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from lxml import etree
from pydantic import AfterValidator, Field

from monitor.channels.base import Surroundings
from monitor.core.alerts.render import html, subject, text, view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_ATOM: Final = "http://www.w3.org/2005/Atom"
_THREADS: Final = "http://purl.org/syndication/thread/1.0"  # RFC 4685
_MOST_READ_BYTES: Final = 64 * 1024 * 1024
"""1 000 entries have some 20 MB; what is larger was not written here."""
_CLOSED: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_CURE: Final = (
    "the service may not write there: ReadWritePaths= in its unit, and a folder of its user or group"
)


def _file(value: str) -> str:
    if "\0" in value or value.endswith(("/", "\\")) or Path(value).name in {"", ".", ".."}:
        raise ValueError("write the name of a file")
    return value


class AtomOptions(ChannelOptions):
    """What a channel of this type may say."""

    path: Annotated[str, AfterValidator(_file)] | None = None
    """A relative one lies in the state folder; None: the channel's id with `.atom`."""
    title: str = Field(default="News monitor", min_length=1, max_length=200)
    entries: int = Field(default=200, ge=1, le=1000)
    """How many the file keeps."""
    timeout: float = Field(default=30, ge=0.1, le=200)


class AtomChannel:
    """One thread writes at a time: what was begun goes on to its end, and nobody waits for it for ever."""

    def __init__(self, channel_id: str, options: AtomOptions, surroundings: Surroundings) -> None:
        self._feed = _Feed(
            surroundings.state / (options.path or f"{channel_id}.atom"),
            id_=f"urn:news-monitor:{channel_id}",
            title=options.title,
            most=options.entries,
        )
        self._timeout = options.timeout
        self._turn = asyncio.Lock()
        self._underway: asyncio.Future[None] | None = None

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - whoever reads it
        """The message becomes the newest entry of the file."""
        try:
            async with asyncio.timeout(self._timeout), self._turn:
                if self._underway is not None and not self._underway.done():
                    await asyncio.wait([self._underway])
                self._underway = asyncio.ensure_future(asyncio.to_thread(self._feed.add, message))
                # Where nobody waits any more, nobody asks how it went; asyncio would complain.
                self._underway.add_done_callback(lambda done: done.cancelled() or done.exception())
                await asyncio.shield(self._underway)
        except TimeoutError as error:
            # Written twice, it is one entry all the same: its id is the message's.
            raise ChannelError("the disk is too slow", reason=ChannelReason.TIMEOUT) from error
        except OSError as error:
            cure = f" ({_CURE})" if error.errno in _CLOSED else ""
            raise ChannelError(
                f"{self._feed.path.name} cannot be written: {error.strerror or error}{cure}",
                reason=ChannelReason.SERVER,
            ) from error
        return Receipt(detail=str(self._feed.path))

    async def close(self) -> None:
        """Waits for what is being written."""
        if self._underway is not None:
            await asyncio.wait([self._underway])


class _Feed:
    """The file, and how an entry gets into it."""

    def __init__(self, path: Path, *, id_: str, title: str, most: int) -> None:
        self.path = path
        self._id, self._title, self._most = id_, title, most

    def add(self, message: Message) -> None:
        """The message is the first entry, once, whatever was written before. Raises `OSError`."""
        new = _entry(message)
        own = _text_of(new, "id")
        others = [entry for entry in self._entries() if _text_of(entry, "id") != own]
        self._replace(self._document([new, *others[: self._most - 1]]))

    def _entries(self) -> Sequence[etree._Element]:
        try:
            if self.path.stat().st_size > _MOST_READ_BYTES:
                self._set_aside()
                return []
            # Nobody but this program should write here; but a parser that fetches or expands is no risk to take.
            parser = etree.XMLParser(
                resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True
            )
            return etree.parse(self.path, parser).getroot().findall(f"{{{_ATOM}}}entry")
        except FileNotFoundError:
            return []
        except etree.XMLSyntaxError:
            self._set_aside()
            return []

    def _set_aside(self) -> None:
        """What cannot be read is kept for its owner, and does not keep the news back."""
        self.path.replace(self.path.with_name(f"{self.path.name}.broken"))

    def _document(self, entries: Sequence[etree._Element]) -> bytes:
        feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM, "thr": _THREADS})
        _add(feed, "id", self._id)
        _add(feed, "title", self._title)
        _add(feed, "updated", _text_of(entries[0], "updated"))
        _add(_add(feed, "author"), "name", "News monitor")
        feed.extend(entries)
        return etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)

    def _replace(self, document: bytes) -> None:
        """The file has all of `document` or is as it was, whenever the power fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)  # a web server may hand it out
            Path(name).replace(self.path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


def _entry(message: Message) -> etree._Element:
    entry = etree.Element(f"{{{_ATOM}}}entry", nsmap={None: _ATOM, "thr": _THREADS})
    _add(entry, "id", _urn(message.id))
    _add(entry, "title", subject(message))
    _add(entry, "updated", message.created_at.isoformat())
    shown = view(message)
    for url in filter(None, (shown.report.url if shown.report else None, shown.story_url)):
        kind = "alternate" if shown.report and url == shown.report.url else "related"
        _add(entry, "link", rel=kind, href=_xml(url))
    thread = etree.SubElement(entry, f"{{{_THREADS}}}in-reply-to")
    thread.set("ref", _urn(message.thread_id))
    for rule in message.rules:
        _add(entry, "category", term=_xml(rule.id), label=_xml(rule.title or rule.id))
    _add(entry, "summary", text(message))
    _add(entry, "content", html(message), type="html")
    return entry


def _add(parent: etree._Element, name: str, said: str = "", **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = _xml(said) or None
    return made


def _xml(said: str) -> str:
    """`said` without the characters that no XML may hold (XML 1.0, 2.2)."""
    return "".join(char for char in said if char in "\t\n\r" or _is_xml(ord(char)))


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _text_of(element: etree._Element, name: str) -> str:
    return element.findtext(f"{{{_ATOM}}}{name}") or ""


def _urn(message_id: str) -> str:
    """A permanent id (RFC 4287, 4.2.6): the ids of messages are 128 bits, as those of `urn:uuid:` are."""
    return f"urn:uuid:{message_id[:8]}-{message_id[8:12]}-{message_id[12:16]}-{message_id[16:20]}-{message_id[20:]}"
