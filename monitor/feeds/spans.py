"""Where the entries of an XML document stand, so that feedparser is given only those that are new.

An entry may only be left out where leaving it out changes nothing for the others. Where that is in doubt there are
no spans, and the document is parsed whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pyexpat import ExpatError, ParserCreate
from typing import Final

from monitor.core.stories.identity import KEYS_VERSION, keys_digest
from monitor.errors import ParseError, ParseReason
from monitor.model import EntryKeys

HASH_BYTES: Final = 8
RECORD_BYTES: Final = 2 * HASH_BYTES
"""Of an entry: its hash, then the digest of its keys."""
READER_VERSION: Final = 2
"""Goes up when the readers make something else of the same bytes: every entry is then read once more."""

_ENTRIES = frozenset({"item", "entry"})
_END_TAG = re.compile(rb"</(?:[^\s>:]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_MARKUP = frozenset(
    {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
)
_SEPARATOR = " "
"""Between a namespace and a local name: neither can hold one."""


MAX_DEPTH: Final = 256
"""Elements within elements: in markup of real feeds there are some thirty. feedparser takes quadratic time."""
MAX_ATTRIBUTES: Final = 1_000
MAX_SPANS: Final = 20_000
"""Entries that are looked for: of more the first are read whole, which takes less than to find them all."""


class Doubt(Enum):
    """Why a document has no spans."""

    ILL_FORMED = auto()
    ENTANGLED = auto()
    """An entry may not be left out for another's sake."""
    ENTITIES = auto()
    """It names an entity that nobody declared, and a DOCTYPE that might."""


class _DoubtError(Exception):
    """Leaving an entry out might change another."""

    def __init__(self, doubt: Doubt = Doubt.ENTANGLED) -> None:
        super().__init__()
        self.doubt = doubt


@dataclass(frozen=True, slots=True)
class Spans:
    """The entries of a document."""

    bounds: tuple[tuple[int, int], ...]
    """Of each entry, from its `<` to behind its last `>`, in order."""
    context: str
    """What surrounds every entry and may change its meaning: the open elements with their attributes."""


def find_spans(document: bytes) -> Spans | Doubt:
    """The entries of a UTF-8 document. Raises ParseError where nobody should try to read it."""
    outline = _Outline()
    try:
        outline.read(document)
    except ExpatError:
        return Doubt.ILL_FORMED
    except _DoubtError as error:
        return _measured(document, error.doubt)  # the outline saw its beginning only
    return Spans(tuple(outline.bounds), outline.context)


def flaw(document: bytes) -> str:
    """Why the document is not well-formed; empty where it is."""
    try:
        ParserCreate("UTF-8", _SEPARATOR).Parse(document, True)  # noqa: FBT003 - expat's own signature
    except ExpatError as error:
        return str(error).replace("not well-formed (invalid token)", "invalid token")
    return ""


def _measured(document: bytes, doubt: Doubt) -> Doubt:
    """Why the document is doubtful, to its end. Raises ParseError where it is too deep or wide."""
    depth = 0

    def begin(_name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        _refuse_beyond(depth, attributes)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = ParserCreate("UTF-8", _SEPARATOR)
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        parser.Parse(document, True)  # noqa: FBT003 - expat's own signature: this is all of it
    except ExpatError:
        return Doubt.ILL_FORMED
    return doubt


def _refuse_beyond(depth: int, attributes: dict[str, str]) -> None:
    if depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
        raise ParseError("nested deeper or wider than any feed", reason=ParseReason.NOT_A_FEED)


def entry_hashes(document: bytes, spans: Spans, *, url: str) -> list[bytes]:
    """Of each entry a hash: equal where its bytes, what surrounds it and how it is read are equal.

    `url` is where the document came from: relative links in it go by that.
    """
    seed = hash_seed(url, spans.context)
    view = memoryview(document)
    return [entry_hash(view[start:end], seed=seed) for start, end in spans.bounds]


def hash_seed(url: str, context: str) -> bytes:
    """What `entry_hash` begins with. Identity's version is in it: entries under older keys are to come by once."""
    return repr((READER_VERSION, KEYS_VERSION, url, context)).encode("utf-8", "surrogatepass")


def entry_hash(raw: bytes | memoryview, *, seed: bytes) -> bytes:
    """What an entry is known by, as long as no byte of it changes."""
    digest = hashlib.blake2b(seed, digest_size=HASH_BYTES)
    digest.update(raw)
    return digest.digest()


def read_of(
    hashes: Sequence[bytes], keys: Iterable[EntryKeys], *, seen: Mapping[bytes, int]
) -> dict[bytes, int]:
    """The hash of each entry of a document, and the digest of its keys.

    `hashes` are those of all entries, none where they could not be told apart; `keys`, in order, of those whose
    hash was not `seen`.
    """
    if not hashes:
        return {}
    new = (one for one in hashes if one not in seen)
    read = {one: keys_digest(its_keys) for one, its_keys in zip(new, keys, strict=True)}
    return {one: seen[one] for one in hashes if one in seen} | read


def present(hashes: Iterable[bytes], seen: Mapping[bytes, int]) -> frozenset[int]:
    """For `ParsedFeed.present`."""
    return frozenset(seen[one] for one in hashes if one in seen)


def packed(read: Mapping[bytes, int]) -> bytes:
    """For `ParsedFeed.entry_hashes`: the same for the same entries in whatever order."""
    return b"".join(sorted(one + digest.to_bytes(HASH_BYTES) for one, digest in read.items()))


def unpacked(records: bytes) -> dict[bytes, int]:
    """Hash → digest of keys, of a stored document."""
    return {
        records[at : at + HASH_BYTES]: int.from_bytes(records[at + HASH_BYTES : at + RECORD_BYTES])
        for at in range(0, len(records), RECORD_BYTES)
    }


def without(document: bytes, bounds: Sequence[tuple[int, int]]) -> bytes:
    """The document without these entries: every other byte stays."""
    return b"".join(_between(document, bounds))


def _between(document: bytes, bounds: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    at = 0
    for start, end in bounds:
        yield document[at:start]
        at = end
    yield document[at:]


class _Outline:
    """Follows one document through expat and stops at the first doubt."""

    def __init__(self) -> None:
        self.bounds: list[tuple[int, int]] = []
        self.context = ""
        self._document = b""
        self._open: list[tuple[str, dict[str, str], list[tuple[str | None, str | None]]]] = []
        self._depth = 0
        self._start: int | None = None
        self._entry_depth = 0
        self._declared: list[tuple[str | None, str | None]] = []
        """The namespaces that the element about to begin declares."""
        # The document's declaration may name the encoding that it had before it was recoded.
        self._parser = ParserCreate("UTF-8", _SEPARATOR)
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.StartNamespaceDeclHandler = self._bind
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.SkippedEntityHandler = self._skipped

    def read(self, document: bytes) -> None:
        """Raises ExpatError where the document is not well-formed, _DoubtError at the first doubt."""
        self._document = document
        self._parser.Parse(document, True)  # noqa: FBT003 - expat's own signature: this is all of it

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        declared, self._declared = self._declared, []
        self._depth += 1
        _refuse_beyond(self._depth, attributes)
        namespace, _, local = name.rpartition(_SEPARATOR)
        local = local.lower()
        if local in _ENTRIES and namespace not in _MARKUP:
            self._begin_entry()
        elif self._start is None:
            self._open.append((name, attributes, declared))

    def _begin_entry(self) -> None:
        if self._start is not None:
            raise _DoubtError
        context = str(self._open)
        if self.bounds and (self._depth, context) != (self._entry_depth, self.context):
            raise _DoubtError
        self._start, self._entry_depth, self.context = self._parser.CurrentByteIndex, self._depth, context

    def _end(self, _name: str) -> None:
        if self._start is None:
            self._open.pop()
        elif self._depth == self._entry_depth:
            end_tag = _END_TAG.match(self._document, self._parser.CurrentByteIndex)
            if end_tag is None:
                raise _DoubtError  # `<item/>`
            self.bounds.append((self._start, end_tag.end()))
            if len(self.bounds) > MAX_SPANS:
                raise _DoubtError
            self._start = None
        self._depth -= 1

    def _bind(self, prefix: str | None, uri: str | None) -> None:
        self._declared.append((prefix, uri))

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        if has_subset:
            raise _DoubtError  # entities and default attributes

    def _skipped(self, _name: str, _is_parameter: bool) -> None:  # noqa: FBT001 - expat's own signature
        raise _DoubtError(Doubt.ENTITIES)
