"""A document's bytes → UTF-8, by the evidence and not by the label.

Labels lie more often than bytes: text that is valid UTF-8 is UTF-8, whatever the header or the XML declaration says.
"""

from __future__ import annotations

import codecs
import re

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UNMARKED = (
    # XML 1.0, appendix F.1: how "<?" or "<x" begins without a mark; and JSON's "{".
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
    (b"{\0", "utf-16-le"),
)
NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"})
"""Python's codecs that no document is written in; two of them take quadratic time."""
SEVEN_BIT = ("iso-2022", "iso2022", "hz")
"""Escape sequences of plain ASCII bytes: these alone may be valid UTF-8 and mean something else."""
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
"""Not allowed in XML 1.0 §2.2, nor meant by anybody."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()

_REFERENCE = re.compile(rb"&#([0-9]+|[xX][0-9a-fA-F]+);?")
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)


def to_utf8(body: bytes, *, content_type: str) -> tuple[bytes, tuple[str, ...]]:
    """The document as UTF-8 without mark, control characters and outer space, and what was wrong with it."""
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return _clean(body[len(mark) :] if encoding == "utf-8" else _recode(body, encoding))
    for beginning, encoding in UNMARKED:
        if body.startswith(beginning):
            return _clean(_recode(body, encoding))
    declared, charset = _declared(body), _charset(content_type)
    label = declared or charset
    if not label.startswith(SEVEN_BIT) and _is_utf8(body):
        return _clean(body)
    for encoding in (declared, charset):
        if encoding and encoding != "utf-8" and (text := _decoded(body, encoding)) is not None:
            return _clean(text.encode("utf-8", "replace"))
    text = _decoded(body, "windows-1252")
    if text is None or label == "utf-8":
        # Mostly right and labelled so: lose a character, not the whole document's accents.
        text = body.decode("utf-8", "replace")
    cleaned, warnings = _clean(text.encode("utf-8", "replace"))
    return cleaned, (f"its text is not in the encoding that it names ({label or 'none'})", *warnings)


def _clean(document: bytes) -> tuple[bytes, tuple[str, ...]]:
    cleaned = _REFERENCE.sub(_legal, document.translate(None, CONTROLS))
    warnings = ("it contains characters that are no text",) if cleaned != document else ()
    return cleaned.strip(), warnings


def _legal(reference: re.Match[bytes]) -> bytes:
    """The character reference, or U+FFFD for one that names no character: feedparser 6.0.14 dies of those."""
    digits = reference[1].lower()
    if len(digits) > 8:
        return REPLACEMENT
    number = int(digits[1:], 16) if digits.startswith(b"x") else int(digits)
    legal = number in {9, 10, 13} or 0x20 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF
    return reference[0] if legal else REPLACEMENT


def _recode(body: bytes, encoding: str) -> bytes:
    return body.decode(encoding, "replace").encode("utf-8", "replace")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _declared(body: bytes) -> str:
    found = _DECLARED.match(body[:400])
    return found[1].decode("ascii").lower() if found else ""


def _charset(content_type: str) -> str:
    found = _CHARSET.search(content_type[:400])
    return found[1].lower() if found else ""


def _decoded(body: bytes, encoding: str) -> str | None:
    """None where there is no such encoding, or the bytes are not in it."""
    try:
        if codecs.lookup(encoding).name.replace("-", "_") in NO_CHARSETS:
            return None
        return body.decode(_meant(encoding))
    except (LookupError, UnicodeDecodeError):
        return None


def _meant(encoding: str) -> str:
    """What browsers read under this label: the superset that is really written (WHATWG Encoding §4.2)."""
    name = codecs.lookup(encoding).name
    return {"iso8859-1": "windows-1252", "ascii": "windows-1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(
        name, encoding
    )
