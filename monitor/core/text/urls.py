"""Addresses → identity keys: equal for the same page, never fetched, never shown.

An address is three values: as given (shown), as fetched, and its identity key. Keys look like
`//example.com/path?id=7`; a key's own key is itself. The tables are in `url_tables`.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

import idna

from monitor.core.text import url_tables as tables

MAX_LENGTH: Final = 4096
"""Characters. No publisher's address is longer, and a redirector's token may nearly be."""

MAX_ROUNDS: Final = 32
"""Redirectors inside each other, and two more. Deeper nests are somebody's joke."""

KEPT_HOSTS: Final = 1 << 10
"""Of which it is remembered what they are: the addresses of a feed have one or two."""

_ADDRESS: Final = re.compile(
    r"(?:https?:)?//(?P<authority>[^/?#\\]*)(?P<path>[^?#]*)(?P<query>[^#]*)(?P<fragment>.*)",
    re.IGNORECASE | re.DOTALL,
)
_AMPERSAND: Final = re.compile(r"&(?:amp|#0*38|#x26);", re.IGNORECASE)
_CONTROLS: Final = re.compile("[\0-\x1f]+")
_ESCAPES: Final = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_BARE_PERCENT: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_RESERVED: Final = frozenset('/?#%&=+;\\<>"')
"""Stay escaped where they are: unescaped they would divide the address anew."""


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    fragment: str

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" if value else name for name, value in self.query)
        return f"//{self.host}{self.path}{'?' * bool(query)}{query}{self.fragment}"


@lru_cache(maxsize=1 << 10)
def identity_key(url: str) -> str:
    """Equal for addresses of the same page; empty for what is no page's address.

    Nothing is asked of the network, so a redirector that does not carry its target keeps its own key.
    """
    if len(url) > MAX_LENGTH:
        return ""
    for _ in range(MAX_ROUNDS):
        further = _once(url)
        if further == url:
            return url
        url = further
    return ""


def alias_key(url: str) -> str:
    """The identity key without its host; empty where path and query say nothing."""
    _, _, rest = identity_key(url).removeprefix("//").partition("/")
    return f"/{rest}" if rest else ""


def without_tracking(url: str) -> str:
    """The address without what only says where a reader came from; every other byte of it stays, in its order."""
    rest, hash_sign, fragment = url.partition("#")
    page, mark, query = rest.partition("?")
    if mark:
        kept = [part for part in query.split("&") if not _is_tracking(part)]
        page += f"?{'&'.join(kept)}" if kept or not query else ""
    tracks = bool(fragment) and all(map(_is_tracking, fragment.split("&")))
    return page if tracks else page + hash_sign + fragment


def _is_tracking(parameter: str) -> bool:
    name = unquote(parameter.partition("=")[0]).lower().removeprefix("amp;")
    return name in tables.TRACKING or name.startswith(tables.TRACKING_PREFIXES)


def _once(url: str) -> str:
    url = _cleaned(url)
    url = _carried_in_path(url) or url
    parts = _ADDRESS.match(url)
    if not parts:
        return ""
    host = _host(parts["authority"])
    if not host:
        return ""
    address = _Address(host, parts["path"], _query(parts["query"]), _fragment(parts["fragment"]))
    target = _target(address, bare=parts["query"][1:])
    if target:
        return target
    address = _rewritten(address)
    query = tuple(sorted(pair for pair in set(address.query) if not _is_noise(address.host, *pair)))
    return str(_Address(address.host, _path(address.path), query, address.fragment))


def _cleaned(url: str) -> str:
    url = _CONTROLS.sub("", _AMPERSAND.sub("&", url)).strip()
    return normalize("NFC", url).replace("\\", "/")


# ── Redirectors ──────────────────────────────────────────────────────────────────────────────────


def _carried_in_path(url: str) -> str | None:
    start = max(url.find("//"), 0)
    carried = (found[1] for carrier in tables.CARRIERS if (found := carrier.match(url, start)))
    return next(map(_as_address, carried), None)


def _target(address: _Address, *, bare: str) -> str | None:
    """The address that a redirector carries in a parameter, or bare after its question mark."""
    if address.host == "news.google.com" and (target := _google_news(address.path)):
        return target
    last = address.path.rstrip("/").rpartition("/")[2].lower()
    if not (_is_under(address.host, tables.REDIRECTORS) or last in tables.REDIRECTING_SEGMENTS):
        return None
    values = dict(address.query)
    for name in tables.ADDRESS_PARAMETERS:
        if target := _http(values.get(name, "")):
            return target
    return _http(bare)


def _google_news(path: str) -> str | None:
    found = tables.GOOGLE_NEWS_ID.fullmatch(path)
    if not found:
        return None
    try:
        record = urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    except ValueError:
        return None
    held = re.search(rb"https?://[!-~]+", record)
    return held[0].decode("ascii") if held else None


def _http(value: str) -> str | None:
    for _ in range(3):  # escaped once, or once more by a second redirector
        if re.match(r"https?://[^/]", value, re.IGNORECASE):
            return value
        value = unquote(value)
    return None


def _as_address(text: str) -> str:
    return _http(text) or f"//{re.sub(r'^https?:/*', '', text, flags=re.IGNORECASE)}"


# ── The parts ────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=KEPT_HOSTS)
def _host(authority: str) -> str:
    """Folded, in ASCII, without user, default port and labels for a screen; empty where it names no host."""
    host, _, port = unquote(authority).rpartition("@")[2].lower().partition(":")
    if host.startswith("["):
        return ""  # an IPv6 address is no publisher's
    host = _ascii(host.strip(".")[:255])
    if not _HOST.fullmatch(host):
        return ""
    host = _without_medium(host.removesuffix("."))
    host = tables.BLOGSPOT.sub(".blogspot.com", tables.SAME_HOST.get(host, host))
    return f"{host}:{port}" if port.isdecimal() and port not in {"80", "443"} else host


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        return ""


def _without_medium(host: str) -> str:
    labels = host.split(".")
    own = 2
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in tables.SHARED_SECOND_LEVEL:
        own = 3
    kept = [
        label for label in labels[:-own] if not (label in tables.MEDIUM_LABELS or tables.WWW.fullmatch(label))
    ]
    return ".".join([*kept, *labels[-own:]])


def _path(path: str) -> str:
    segments: list[str] = []
    for segment in tables.SESSION_PARAMETER.sub("", _readable(path)).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."} and not tables.SESSION_SEGMENT.fullmatch(segment):
            segments.append(segment)
    if segments and tables.INDEX_PAGE.fullmatch(segments[-1]):
        segments.pop()
    if len(segments) > 1:
        segments = [segment for segment in segments if segment.lower() != "amp"]
    if segments:
        segments[-1] = tables.AMP_SUFFIX.sub(
            lambda found: found["page"] or found["page2"] or "", segments[-1]
        )
    return "".join(f"/{segment}" for segment in segments)


def _query(query: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in query.removeprefix("?").replace("+", "%20").split("&") if part)
    return tuple((_readable(name), _readable(value)) for name, _, value in pairs)


def _fragment(fragment: str) -> str:
    """Empty, unless a script shows another page by it, or it names one of a page's comments or posts."""
    if fragment.startswith(("#!", "#/")):
        return _readable(fragment)
    return fragment.lower() if tables.POST_FRAGMENT.fullmatch(fragment) else ""


def _rewritten(address: _Address) -> _Address:
    """The one form of pages that a site shows under several."""
    values = dict(address.query)
    if address.host == "youtu.be" and address.path.strip("/"):
        return _video(address.path.strip("/"))
    if address.host == "youtube.com":
        if found := tables.VIDEO_PATH.match(address.path):
            return _video(found[1])
        if "v" in values:
            return _video(values["v"])
    if address.host == "news.google.com" and (found := tables.GOOGLE_NEWS_ID.fullmatch(address.path)):
        return _Address(address.host, f"/articles/{found[1]}", (), "")
    if address.host == "x.com" and (found := tables.STATUS_PATH.fullmatch(address.path)):
        return _Address("x.com", f"/i/status/{found[1]}", (), "")
    return address


def _video(name: str) -> _Address:
    return _Address("youtube.com", "/watch", (("v", name),), "")


def _is_noise(host: str, name: str, value: str) -> bool:
    """Whether a parameter says nothing of which page it is."""
    name, value = name.lower(), unquote(value).lower()
    if (
        name in tables.ALWAYS
        or name.startswith(tables.ALWAYS_PREFIXES)
        or tables.ALWAYS_PATTERN.fullmatch(name)
    ):
        return True
    if name in tables.VALUES and tables.VALUES[name].fullmatch(value):
        return True
    if any(name in tables.HOST_PARAMETERS.get(site, ()) for site in _sites(host)):
        return True
    return name in tables.REFERRAL and _is_referral(name, value)


def _is_referral(name: str, value: str) -> bool:
    words = set(re.findall(r"[^\W_]+", value))
    if words & tables.REFERRAL_WORDS:
        return True
    if name in tables.REFERRAL_SITES and tables.SITE.fullmatch(value):
        return True
    named = {word for word in words if not word.isdecimal()}
    return bool(named) and named <= tables.REFERRAL_FILLERS


@lru_cache(maxsize=KEPT_HOSTS)
def _is_under(host: str, sites: frozenset[str]) -> bool:
    return any(site in sites for site in _sites(host))


def _sites(host: str) -> tuple[str, ...]:
    """The host and the domains above it."""
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels) - 1))


def _readable(text: str) -> str:
    """Escapes decoded where that divides nothing anew; what must be escaped is, in capitals."""
    if "%" in text:
        text = _ESCAPES.sub(lambda run: _decoded(run[0]), _BARE_PERCENT.sub("%25", text))
    if text.isprintable() and " " not in text:
        return text
    return "".join(_escaped(c) if c.isspace() or not c.isprintable() else c for c in text)


def _decoded(run: str) -> str:
    text = bytes.fromhex(run.replace("%", "")).decode("utf-8", "surrogateescape")
    return "".join(_escaped(c) if c in _RESERVED or not c.isprintable() or c == " " else c for c in text)


def _escaped(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
