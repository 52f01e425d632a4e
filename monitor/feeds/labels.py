"""The name that a document gives its encoding → the codec that it means.

The table is the WHATWG's (Encoding Standard §4.2), by way of `webencodings`: what browsers read under a label, the
superset that is really written. Names that browsers do not know are asked of Python.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from typing import Final

import webencodings

NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"}
)
"""Python's codecs that no document is written in; two of them take quadratic time."""
SEVEN_BIT: Final = ("hz", "iso2022")
"""How the names of codecs begin that write with escape sequences of plain ASCII bytes: these alone may be valid UTF-8
and mean something else."""
_SUPERSETS: Final = {
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs",
    "euc_jp": "euc_jis_2004", "iso2022_jp": "iso2022_jp_ext", "ascii": "cp1252", "iso8859_1": "cp1252",
    "iso8859_9": "cp1254", "iso8859_11": "cp874", "tis_620": "cp874",
}  # fmt: skip
"""What is really written under a standard's name, as far as Python's codec of that name does not read it."""


@lru_cache(maxsize=64)
def codec(label: str) -> str | None:
    """The name of Python's codec; None where there is none, or none that a document is written in."""
    label = label.strip().lower()
    for name in (label, label.replace("_", "-"), label.removeprefix("x-"), label.replace("win-", "windows-")):
        known = webencodings.lookup(name)
        if known is not None and known.name == "x-user-defined":
            return "cp1252"
        if known is not None and known.name != "replacement":
            return _python(known.codec_info.name)
    return _python(label) or _python(label.removeprefix("x-").replace("windows", "cp").replace("cp-", "cp"))


def _python(name: str) -> str | None:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    name = found.name.replace("-", "_")
    if name in NO_CHARSETS or not getattr(found, "_is_text_encoding", True):
        return None
    return _SUPERSETS.get(name, name)
