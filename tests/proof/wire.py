"""Feeds that have something new at every poll: each entry matches, and is a story of its own."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from house import item, rss
from servers.web import Request, reply

WINDOW = 300
"""Entries that a feed shows: what a killed poll did not store is there at the next one."""
_WORD = re.compile(r"[a-p]{12}xword")


def words(text: str) -> list[str]:
    """Which stories are told in the text: each once, in their order."""
    return list(dict.fromkeys(_WORD.findall(text)))


@dataclass
class Wire:
    """The feeds' server's answer."""

    now: Callable[[], datetime]
    per_poll: int = 1
    """New entries at each poll."""
    most: int | None = None
    """Nothing new once there are so many; None: for ever."""
    published: dict[str, list[str]] = field(default_factory=dict)
    """By the feed's path: the words of its stories, oldest first."""
    _items: dict[str, list[str]] = field(default_factory=dict)

    @property
    def all_words(self) -> list[str]:
        return [word for some in self.published.values() for word in some]

    def stop(self) -> None:
        """There is no more news."""
        self.most = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        own = self.published.setdefault(request.target, [])
        items = self._items.setdefault(request.target, [])
        for _ in range(self.per_poll):
            if self.most is None or len(self.all_words) < self.most:
                word = spelled(f"{request.target} {len(own)}")
                own.append(word)
                items.append(_item(word, self.now()))
        await reply(200, rss(*items[: -WINDOW - 1 : -1], title=request.target))(request, writer)


def spelled(seed: str) -> str:
    """A word that nothing else has in it, and no other begins like."""
    digest = hashlib.sha256(seed.encode()).hexdigest()[:12]
    return digest.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop")) + "xword"


def _item(word: str, published: datetime) -> str:
    """With no word in common with another's, but for the one that the rule asks for: two stories never merge."""
    own = [spelled(f"{word} {number}")[:-4] for number in range(8)]
    return item(f"Declaration {word} {' '.join(own[:4])}", " ".join(own[4:]), guid=word, published=published)
