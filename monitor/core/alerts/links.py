"""The page's address of a story for messages: who has the message may see the story, and decide about it."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

    from monitor.model import Web


def story_link(story_id: int, web: Web) -> str | None:
    """None where the page has no address. Signed where it has a token: a link opens that story alone.

    Whoever follows it sees the story; what is decided takes a form: scanners of mail follow links.
    """
    if web.public_url is None:
        return None
    key = f"?key={signature(story_id, web.token)}" if web.token else ""
    return f"{web.public_url.rstrip('/')}/stories/{story_id}{key}"


def signature(story_id: int, token: SecretStr) -> str:
    """Known to whoever knows the token; another token makes all others."""
    key = blake2b(token.get_secret_value().encode(), digest_size=32, person=b"monitor-story").digest()
    return hmac.new(key, str(story_id).encode(), "sha256").hexdigest()[:32]


def is_signed(story_id: int, given: str, token: SecretStr) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), signature(story_id, token).encode())
