"""robots.txt: what a site wishes of robots (RFC 9309). Runs in the worker processes: a hostile one costs minutes.

Asked for pages of entries, never for feeds, which the user lists (`politeness.md` 21).
"""

from __future__ import annotations

TOKEN = "news-monitor"  # noqa: S105 - RFC 9309's word for a robot's name
"""Our product token: what `User-agent:` lines call us, and how our User-Agent header begins."""
MAX_BYTES = 500 * 1024
"""§2.5: "The parsing limit MUST be at least 500 kibibytes"."""


def text_of(body: bytes) -> str:
    """As much of the file as is read. §2.2: "UTF-8 encoded"; what is not is replaced."""
    return body[:MAX_BYTES].decode("utf-8-sig", "replace").replace("\0", "")


def allows(robots_txt: str, url: str) -> bool:
    """Whether we may read the page. §2.2.2: the longest match counts, and of two equal ones the allowing one."""
    from protego import Protego  # noqa: PLC0415 - for the worker

    return bool(Protego.parse(robots_txt).can_fetch(url, TOKEN))
