"""The page's address of a story for messages: who has the message may see the story, and decide about it."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import SecretStr

    from monitor.model import Web

OPENS_FOR: Final = timedelta(days=90)
"""A message is read late, forwarded, kept: after a season its link asks for the token."""
_DAY_S: Final = 86_400


def story_link(story_id: int, web: Web, *, made_at: datetime) -> str | None:
    """None where the page has no address. Signed where it has a token: a link opens that story alone, for a time.

    Whoever follows it sees the story; what is decided takes a form: scanners of mail follow links. The same for the
    same message, however often it is made.
    """
    if web.public_url is None:
        return None
    until = int((made_at + OPENS_FOR).timestamp()) // _DAY_S
    key = f"?key={until}-{signature(story_id, until, web.token)}" if web.token else ""
    return f"{web.public_url.rstrip('/')}/stories/{story_id}{key}"


def signature(story_id: int, until: int, token: SecretStr) -> str:
    """Known to whoever knows the token; another token makes all others. `until`: a day since 1970."""
    key = blake2b(token.get_secret_value().encode(), digest_size=32, person=b"monitor-story").digest()
    return hmac.new(key, f"{story_id} {until}".encode(), "sha256").hexdigest()[:32]


def is_signed(story_id: int, given: str, token: SecretStr, *, now_s: float) -> bool:
    """Whether the key opens this story now."""
    day, _, signed = given.partition("-")
    if not (day.isascii() and day.isdigit() and len(day) < 8 and f"{int(day)}" == day):
        return False
    right = hmac.compare_digest(
        signed.encode(errors="replace"), signature(story_id, int(day), token).encode()
    )
    return right and now_s // _DAY_S <= int(day)
