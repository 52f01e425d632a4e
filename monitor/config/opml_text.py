"""An OPML file's bytes → its text, by the evidence and not by the label; and its outlines, where it is no XML at all.

Lists of feeds travel through many hands: saved as "Unicode" by editors that leave the declaration alone, put together
by scripts, cut out of other files. What a person would still read in them is read.
"""

import codecs
import html
import re
import zlib
from collections.abc import Iterator

import regex
import webencodings

GZIP_MAGIC = b"\x1f\x8b"
MAX_BYTES = 32 * 1024 * 1024
"""Unpacked: as large as any file of the config may be."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
"""XML 1.0, appendix F.1."""
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_SEVEN_BIT = ("iso-2022", "hz")
"""Plain ASCII bytes that may mean something else."""

# `regex`: possessive groups that match in several ways are wrong in the `re` of Python before 3.11.5 (gh-106052).
_TAG = regex.compile(
    r"""<(?P<end>/?)(?:[\w.-]{1,40}:)?outline\b(?P<inside>(?:[^<>"']|"[^"]{0,4096}"|'[^']{0,4096}')*+)""",
    regex.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([\w:.-]{1,60})\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+)""")


def decoded(raw: bytes) -> str:
    """The text of the file; a byte that fits nowhere is U+FFFD."""
    if raw.startswith(GZIP_MAGIC):
        raw = _unpacked(raw)
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) if encoding == "utf-8" else 0 :].decode(encoding, "replace")
    for start, encoding in _UNMARKED:
        if raw.lstrip(b" \t\r\n").startswith(start):
            return raw.decode(encoding, "replace")
    declared = _DECLARED.search(raw[:1000])
    label = declared[1].decode("ascii").lower() if declared else "utf-8"
    for one in (label, "utf-8") if label.startswith(_SEVEN_BIT) else ("utf-8", label):
        found = webencodings.lookup(one)
        try:
            if found is not None:
                return raw.decode(found.codec_info.name)
        except UnicodeDecodeError:
            continue
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    sound = sum(one > "\x7f" for one in text) - damaged
    return text if sound > damaged else raw.decode("windows-1252", "replace")


def outlines(text: str) -> Iterator[tuple[int, dict[str, str] | None, bool]]:
    """Each tag of an outline: where it stands, its attributes (None: it is an end tag), whether it is its own end.

    Of an attribute that comes twice the first counts.
    """
    for tag in _TAG.finditer(text):
        if tag["end"]:
            yield tag.start(), None, True
            continue
        given: dict[str, str] = {}
        for name, value in _ATTRIBUTE.findall(tag["inside"]):
            given.setdefault(name, html.unescape(value.strip("\"'")))
        yield tag.start(), given, tag["inside"].rstrip().endswith("/")


def _unpacked(raw: bytes) -> bytes:
    """What is in the gzip file, as far as it goes."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(raw, MAX_BYTES)
    except zlib.error:
        return raw
