"""A feed's id where the config gives none: a function of its address as written, so that it never shifts.

`https://www.lemonde.fr/rss/une.xml` is `www.lemonde.fr_rss_une.xml`. An address that this does not spell
completely (http, a query, a port, odd characters) ends in a hash of itself: no two addresses share an id.
"""

import re
from collections.abc import Collection
from hashlib import blake2b
from urllib.parse import urlsplit

from anyascii import anyascii

from monitor.config.addresses import normal_url

MAX_LENGTH = 80
"""Characters: what a table on a terminal can still show."""

READABLE = 40
"""Characters of an id that is made of a title: it is typed."""
LEAST_READABLE = 3
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_HASH_BYTES = 4
"""Enough: only addresses that also share the spelled part could meet, at one in four thousand million."""
_WEB = re.compile(r"https?://", re.IGNORECASE)
_PLAIN = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(/|(?:/[A-Za-z0-9.-]+)+/?)")
_PLAIN_FILE = re.compile(r"[A-Za-z0-9.-]+(?:/[A-Za-z0-9.-]+)*")
_CREDENTIALS = re.compile(r"^[^/]*@")
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def feed_id(written: str) -> str:
    """The id of the feed at this address, in which `${NAME}` is not filled in yet: an id tells no secret.

    Equal for two spellings of one web address. A relative path makes the same id wherever the config lies.
    """
    if not _WEB.match(written):
        spelled = f"file_{written.replace('/', '_')}" if _PLAIN_FILE.fullmatch(written) else None
        return _short(spelled, written)
    try:
        url = normal_url(written)
    except ValueError:  # what a ${NAME} in it completes
        return _short(None, written)
    found = _PLAIN.fullmatch(url)
    if found is None:
        return _short(None, url)
    host, path = found.groups()
    return _short(host if path == "/" else host + path.replace("/", "_"), url)


def readable_id(title: str, url: str, *, taken: Collection[str]) -> str:
    """An id that people can type, for a feed that a command adds: of its title, else of its host; none is `taken`.

    Titles of any alphabet are spelled in Latin letters: "The Harbour Ledger" is `the-harbour-ledger`.
    """
    host = urlsplit(url).hostname or ""
    spelled = _slug(title) or _slug(host.removeprefix("www.")) or "feed"
    spellings = (spelled, *(f"{spelled}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in spellings if one not in taken)


def _slug(text: str) -> str:
    """Empty where hardly anything of it can be spelled."""
    whole = _NO_LETTERS.sub("-", anyascii(text).lower().replace("'", "")).strip("-")
    short = whole if len(whole) <= READABLE else whole[: READABLE + 1].rpartition("-")[0] or whole[:READABLE]
    return short if len(short) >= LEAST_READABLE else ""


def _short(spelled: str | None, address: str) -> str:
    if spelled and len(spelled) <= MAX_LENGTH:
        return spelled
    # Spelled ids never hold "__", so the two kinds cannot meet.
    digest = blake2b(address.encode(errors="surrogatepass"), digest_size=_HASH_BYTES).hexdigest()
    # Neither a user and password nor a query, which may hold a token, is spelled.
    plain = _CREDENTIALS.sub("", address.rpartition("://")[2]).partition("?")[0]
    rest = _ODD.sub("_", plain)[: MAX_LENGTH - len(digest) - 2].strip("_.-")
    return f"{rest or 'feed'}__{digest}"
