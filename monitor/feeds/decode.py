"""A document's bytes → UTF-8, by the evidence and not by the label.

Labels lie more often than bytes: text that is valid UTF-8 is UTF-8, whatever the header or the XML declaration says.
"""

from __future__ import annotations

import codecs
import re

from monitor.feeds.labels import SEVEN_BIT, codec

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
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
"""Not allowed in XML 1.0 §2.2, nor meant by anybody."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
WIDE = ("utf_16", "utf_32")
"""What says that it is so and has neither mark nor zeros is not."""
MOSTLY = 3
"""Times as many characters that are whole UTF-8 as such that are not: by chance there are hardly any."""
FEW, SHARE = 3, 10
"""Of a text that is what it is said to be so many characters may be damaged, and one of so many more."""

_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_REFERENCE = re.compile(rb"&#([0-9]+|[xX][0-9a-fA-F]+);?")
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)


def to_utf8(body: bytes, *, content_type: str) -> tuple[bytes, tuple[str, ...]]:
    """The document as UTF-8 without mark, control characters and outer space, and what was wrong with it.

    A byte that is no text costs the character that it stands in, not the document's encoding.
    """
    for mark, encoding in BOMS:
        if body.startswith(mark):
            return _recoded(body if encoding != "utf-8" else body[len(mark) :], encoding)
    for beginning, encoding in UNMARKED:
        if body.startswith(beginning):
            return _recoded(body, encoding)
    named = [label for label in (_declared(body), _charset(content_type)) if label]
    meant = [name for name in map(codec, named) if name is not None]
    if meant and meant[0].startswith(SEVEN_BIT):
        return _recoded(body, meant[0])
    if _is_utf8(body):
        return _clean(body)
    text, name = _decoded(body, [name for name in meant if not name.startswith(WIDE)])
    document, warnings = _clean(text.encode("utf-8", "replace"))
    if name not in meant:
        warnings = (
            f"its text is not in the encoding that it names ({named[0] if named else 'none'})",
            *warnings,
        )
    return document, _lost(text, body) + warnings


def _recoded(body: bytes, encoding: str) -> tuple[bytes, tuple[str, ...]]:
    text = body.decode(encoding, "replace")
    document, warnings = _clean(text.encode("utf-8", "replace"))
    return document, _lost(text, body) + warnings


def _lost(text: str, body: bytes) -> tuple[str, ...]:
    """What is said where bytes were no text; a U+FFFD that was written as such is none."""
    count = text.count(REPLACEMENT) - body.count(REPLACEMENT.encode())
    return (f"{count} of its characters are damaged: bytes that are no text",) if count > 0 else ()


def _decoded(body: bytes, meant: list[str]) -> tuple[str, str]:
    """The text, and the name of the codec that it is in, by how much of it is text in each.

    Text of another encoding is hardly ever UTF-8 by chance, and a single byte is always something in most others: so
    mostly valid UTF-8 is that. Else it is what it is said to be, if that fits.
    """
    utf8 = body.decode("utf-8", "replace")
    lost = utf8.count(REPLACEMENT)
    whole = len(_BEYOND_ASCII.findall(utf8)) - lost
    if whole >= MOSTLY * lost or (whole >= lost and "utf_8" in meant):
        return utf8, "utf_8"
    for name in meant:
        text = body.decode(name, "replace")
        if text.count(REPLACEMENT) <= FEW + len(_BEYOND_ASCII.findall(text)) // SHARE:
            return text, name
    return body.decode("cp1252", "replace"), "cp1252"


def _clean(document: bytes) -> tuple[bytes, tuple[str, ...]]:
    cleaned = _REFERENCE.sub(_legal, document.translate(None, CONTROLS))
    warnings = ("it contains characters that are no text",) if cleaned != document else ()
    return cleaned.strip(), warnings


def _legal(reference: re.Match[bytes]) -> bytes:
    """The character reference, or U+FFFD for one that names no character: feedparser 6.0.14 dies of those."""
    digits = reference[1].lower()
    if len(digits) > 8:
        return REPLACEMENT.encode()
    number = int(digits[1:], 16) if digits.startswith(b"x") else int(digits)
    legal = number in {9, 10, 13} or 0x20 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF
    return reference[0] if legal else REPLACEMENT.encode()


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
