r"""`/regex/`: RE2's syntax and linear time, with the borders, letters and digits of every script.

RE2 knows `\b`, `\w`, `\d` and `\s` for ASCII alone. `\w`, `\d` and `\s` are written out as classes. For `\b` the
text is searched with a mark at every border of a word, and the pattern rewritten so that anything may have a mark
before it and `\b` must be one. That keeps it regular, so RE2 does all the work. Pattern and text are compared with
accents composed, without what is invisible, and with İ as the capital of i, which RE2 does not know.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

import re2
import regex

from monitor.core.text.fold import INVISIBLE
from monitor.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PATTERN: Final = 2000
"""Characters; RE2 itself refuses what would take more than 8 MiB."""

_MARK: Final = "\ue000"  # for private use, so in no text of the news; where one is all the same, it is hidden
_IN_WORD: Final = r"\p{L}\p{M}\p{N}_"
_SHORT: Final = {
    r"\w": f"[{_IN_WORD}]",
    r"\W": f"[^{_IN_WORD}]",
    r"\d": r"\p{Nd}",
    r"\D": r"[^\p{Nd}]",
    r"\s": r"[\s\p{Z}]",
    r"\S": r"[^\s\p{Z}]",
}
_SHORT_IN_CLASS: Final = {r"\w": _IN_WORD, r"\d": r"\p{Nd}", r"\s": r"\s\p{Z}"}

PART: Final = re.compile(
    r"""
      (?P<group> \( (?: \? (?: P?<\w+> | [imsU-]*:? ) )? \)? )
    | (?P<class> \[ \^? \]? (?: \\[pP]\{\^?\w+\} | \\. | \[:\^?\w+:\] | [^\]\\] )* \] )
    | (?P<border> (?: \\b )+ )
    | (?P<end> \$ | \\z )
    | (?P<same> [)|^] | \\A | [*+?]\?? | \{\d+(?:,\d*)?\}\?? )
    | (?P<any> \. )
    | (?P<short> \\[wWdDsS] )
    | (?P<atom> \\[pP]\{\^?\w+\} | \\[pP]\w | \\x\{[0-9a-fA-F]+\} | \\x[0-9a-fA-F]{2} | \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""What a pattern is made of, piece by piece."""
_CLASS_PART: Final = re.compile(r"\\[pP]\{\^?\w+\}|\\.|\[:\^?\w+:\]|.", re.DOTALL)
_BORDER: Final = re.compile(r"(?<=\w)(?!\w)|(?<!\w)(?=\w)")
_CLUSTER: Final = regex.compile(r"\X")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Compiled:
    """A regular expression that finds its places in a text as shown."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._marked = bool(re.search(r"(?<!\\)(?:\\\\)*\\b", pattern))
        self._regexp = re2.compile(_rewritten(composed(pattern), marked=self._marked), _options())

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each place where it holds; none is empty."""
        text, origins = _comparable(_SURROGATE.sub("\ufffd", text))
        marks: list[int] = []
        if self._marked:
            text, marks = _with_marks(text.replace(_MARK, "\ufffd"))
        for match in self._regexp.finditer(text):
            start, end = match.span()
            start, end = start - bisect_left(marks, start), end - bisect_left(marks, end)
            if end > start:
                yield (origins[start][0], origins[end - 1][1]) if origins else (start, end)


def compile_regex(pattern: str, *, offset: int) -> Compiled:
    """The regular expression. RuleError where RE2 cannot read it or it would hold for every text."""
    if len(pattern) > MAX_PATTERN:
        raise RuleError(
            f"a regular expression of {len(pattern)} characters; {MAX_PATTERN} are read",
            offset=offset,
            cure="make several of it, with OR between them",
        )
    _refuse(pattern, offset=offset)
    try:
        re2.compile(pattern, _options())
        compiled = Compiled(pattern)
        everywhere = re2.compile(f"(?:{pattern})", _options()).search("")
    except re2.error as error:
        raise RuleError(
            f"this regular expression cannot be read: {_reason(error)}",
            offset=offset,
            length=len(pattern),
            cure="the syntax is RE2's: no look-around, no back-references",
        ) from error
    if everywhere:
        raise RuleError(
            "this regular expression holds for every text, even an empty one",
            offset=offset,
            length=len(pattern),
            cure="let it need at least one character: + instead of *",
        )
    return compiled


def composed(text: str) -> str:
    """`text` with its accents composed, without what is invisible, its İ an I."""
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    return text.replace("İ", "I").replace("i\u0307", "i")


def _comparable(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`text` composed, and where each of its characters comes from; nowhere, where nothing had to be changed."""
    if text.isascii() or composed(text) == text:
        return text, []
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    for cluster in _CLUSTER.finditer(text):
        piece = composed(cluster[0])
        pieces.append(piece)
        origins += [cluster.span()] * len(piece)
    return "".join(pieces), origins


def _refuse(pattern: str, *, offset: int) -> None:
    """RuleError for what RE2 knows and the rewriting cannot carry over."""
    for part in PART.finditer(pattern):
        bad = part[0] if part[0] in {r"\B", r"\Q", r"\C"} else _negation_in(part["class"] or "")
        if bad:
            raise RuleError(
                f"{bad} is not understood here",
                offset=offset + part.start(),
                length=len(part[0]),
                cure=f"write [^\\{bad[1:].lower()}…] alone" if part["class"] else "\\b, \\w and [^…] are",
            )


def _negation_in(part: str) -> str:
    return next((p for p in _CLASS_PART.findall(part) if re.match(r"\\[WSDP]|\[:\^|\\p\{\^", p)), "")


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False  # it would print them
    options.never_capture = True
    return options


def _reason(error: re2.error) -> str:
    text = error.args[0]
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _rewritten(pattern: str, *, marked: bool) -> str:
    maybe = f"{_MARK}?" if marked else ""
    parts: list[str] = []
    for part in PART.finditer(pattern):
        text = part[0]
        match part.lastgroup:
            case "border":
                parts.append(_MARK)
            case "end":
                parts.append(maybe + text)
            case "any":
                parts.append(f"(?:{maybe}[^\n{_MARK}])" if marked else text)
            case "short":
                parts.append(_atom(_hidden(_SHORT[text], marked=marked), maybe))
            case "class":
                parts.append(_atom(_hidden(_class(text), marked=marked), maybe))
            case "atom":
                negated = text.startswith((r"\P", r"\p{^"))
                parts.append(
                    _atom(_hidden(f"[^{_positive(text)}]", marked=marked) if negated else text, maybe)
                )
            case _:
                parts.append(text)
    return "".join(parts)


def _atom(text: str, maybe: str) -> str:
    return f"(?:{maybe}{text})" if maybe else text


def _class(text: str) -> str:
    return "".join(_SHORT_IN_CLASS.get(part, part) for part in _CLASS_PART.findall(text))


def _positive(text: str) -> str:
    r"""`\P{Greek}` and `\p{^Greek}` as `\p{Greek}`."""
    return r"\p" + text[2:].replace("^", "")


def _hidden(text: str, *, marked: bool) -> str:
    """A negated class that does not take the mark for a character."""
    return f"[^{_MARK}{text[2:]}" if marked and text.startswith("[^") else text


def _with_marks(text: str) -> tuple[str, list[int]]:
    """The text with a mark at every border of a word, and where the marks are in it."""
    borders = [match.start() for match in _BORDER.finditer(text)]
    pieces, last = [], 0
    for border in borders:
        pieces += [text[last:border], _MARK]
        last = border
    pieces.append(text[last:])
    return "".join(pieces), [border + index for index, border in enumerate(borders)]
