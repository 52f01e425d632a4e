"""What the head of an answer says, and what is refused by it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import httpx

from monitor.errors import FetchError, FetchReason

WITH_A_FEED = frozenset({200, 201, 202, 203, 206, 226})
"""Said by servers that answer a plain GET with a whole feed; whether it is one, its reader says."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
WITH_THE_FORM = frozenset({307, 308})
"""RFC 9110 §15.4.8, §15.4.9: the method stays what it was; after the others a browser would turn to GET."""
LISTS = frozenset({"cache-control", "content-encoding", "link", "ratelimit"})
VALIDATOR_BYTES = 4096
"""A longer ETag or date could not be sent back: servers take some 8 KiB of headers in all."""


def headers(response: httpx.Response) -> dict[str, str]:
    """The first of each header, byte for byte: ISO 8859-1 maps every byte to a character and back.

    Of those that are lists (RFC 9110 §5.3) all: servers and what stands before them add one each.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in LISTS and name in found:
            found[name] += f", {value}"
        found.setdefault(name, value)
    return found


def validator(value: str | None) -> str | None:
    """A validator that can be sent back; None: there is none, or too long a one."""
    return value if value and len(value) <= VALIDATOR_BYTES else None


def is_a_part(header: Mapping[str, str]) -> bool:
    """Whether a 206, for which nobody asked, leaves something out: `Content-Range: bytes 0-99/100` does not."""
    unit, _, said = header.get("content-range", "").strip().partition(" ")
    span, _, whole = said.partition("/")
    first, _, last = span.partition("-")
    if unit.lower() != "bytes" or not (first.isdecimal() and last.isdecimal()):
        return False
    return first != "0" or (whole.strip().isdecimal() and int(last) + 1 < int(whole))


def refusal(
    host: str, status: int, *, retry_after_s: float | None = None, held_host: str = "", more: str = ""
) -> FetchError:
    """The error of a status that brings no feed."""
    if 400 <= status < 500:
        reason = FetchReason.CLIENT_STATUS
    elif 500 <= status < 600:
        reason = FetchReason.SERVER_STATUS
    else:
        reason = FetchReason.UNEXPECTED_STATUS
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    # RFC 9110 §10.2.3 gives Retry-After a meaning with 503 and 3xx, RFC 6585 §4 with 429.
    meant = status in {429, 503} or 300 <= status < 400
    return FetchError(
        f"{host} answered {status}{phrase}{more}",
        reason=reason,
        status=status,
        retry_after_s=retry_after_s if meant else None,
        held_host=held_host,
    )
