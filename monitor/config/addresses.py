"""What the config writes as a feed's address, and the address that is polled."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from monitor.core.text.url_tables import DOOR_OPENER

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(?:[\w-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:/|$)")
_FEED_FILES = (".xml", ".rss", ".atom", ".rdf", ".json")
_OPENS_A_DOOR = re.compile(DOOR_OPENER, re.IGNORECASE)
_SHORTEST_TOKEN = 8
"""Characters. A shorter value is a word, more likely, and would be hidden wherever it is said."""
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What is polled, without the credentials that the config may write into it."""

    url: str
    """Two spellings of one address are equal here."""
    user: str | None = None
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it is no address of a feed."""

    message: str
    cure: str = ""


def feed_address(written: str, folder: Path) -> Address | Refused:
    """The address that feeds.toml means; relative paths begin in the config's folder."""
    found = _SCHEME.match(written)
    scheme = found[1].lower() if found else ""
    rest = written[found.end() :] if found else written
    match scheme:
        case "http" | "https":
            return web_address(written)
        case "file":
            return _file_address(unquote(urlsplit(written).path) if rest.startswith("/") else rest, folder)
        case "feed":  # feed://host/path and feed:https://host/path, as some browsers hand them out
            rest = rest.removeprefix("//")
            whole = rest if _SCHEME.match(rest) else f"https://{rest}"
            return Refused("feed: is no address that can be polled", f'write "{whole}"')
        case "":
            if _HOST.match(written) and not written.endswith(_FEED_FILES) and not (folder / written).exists():
                return Refused(f'"{written}" is an address without its scheme', f'write "https://{written}"')
            return _file_address(written, folder)
    cure = "write https://…, http://… or the path of a file"
    return Refused(f"{scheme}: is no address that can be polled", cure)


def tokens(url: str) -> frozenset[str]:
    """The values in an address that open a door: `?token=…`, as it is written there."""
    pairs = (part.partition("=") for part in re.split("[&;]", urlsplit(url).query))
    return frozenset(
        value for name, _, value in pairs if len(value) >= _SHORTEST_TOKEN and _OPENS_A_DOOR.fullmatch(name)
    )


def web_address(written: str) -> Address | Refused:
    """The http or https address, its user and password taken out of it."""
    try:
        parts = urlsplit(written)
        url = normal_url(written)
    except ValueError:  # brackets that are no IPv6 address, a port that is no number
        return Refused("this is no web address", 'write "https://host/path"')
    if parts.scheme not in {"http", "https"} or not parts.hostname or _UNPRINTABLE.search(url):
        return Refused("this is no web address", 'write "https://host/path"')
    return Address(
        url=url,
        user=unquote(parts.username) if parts.username else None,
        password=SecretStr(unquote(parts.password)) if parts.password else None,
    )


def normal_url(url: str) -> str:
    """A web address as two spellings of it are compared: RFC 3986 §6.2.2.1 (case), §6.2.3 (port, empty path).

    Without its fragment, which is never sent, and its credentials; blanks as browsers send them. Raises `ValueError`.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default_port = {"http": 80, "https": 443}.get(parts.scheme)
    netloc = host if parts.port in {None, default_port} else f"{host}:{parts.port}"
    return SplitResult(parts.scheme, netloc, _sent(parts.path) or "/", _sent(parts.query), "").geturl()


def _sent(part: str) -> str:
    return part.strip().replace(" ", "%20")


def _file_address(written: str, folder: Path) -> Address | Refused:
    if "\0" in written or not written:
        return Refused("this is no path")
    return Address(url=(folder.absolute() / written).as_uri())
