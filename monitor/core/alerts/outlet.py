"""What an outlet is called: a feed calls itself what it likes, so where its host says another, that is said too."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from anyascii import anyascii

from monitor.core.text.fold import fold
from monitor.core.text.url_tables import SHARED_SECOND_LEVEL

_NO_LETTERS: Final = re.compile(r"[\W_]+")
_LEAST: Final = 3
"""Letters of a host's label that a title may bear by more than chance."""


def outlet(title: str, *, url: str) -> str:
    """The feed's own title, alone where the host of its address bears it out: "Reuters (mole.example)" else.

    Of the operator's own house (files, private addresses, bare names) any title is believed.
    """
    site = _site(url)
    if not site:
        return title
    label = _letters(site.partition(".")[0])
    bears = len(label) >= _LEAST and label in _letters(title)
    return title if bears or fold(site) in fold(title) else f"{title} ({site})"


def _letters(text: str) -> str:
    """In Latin, as names of hosts are; an umlaut is written in either way."""
    latin = _NO_LETTERS.sub("", anyascii(text).lower())
    return latin.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _site(url: str) -> str:
    """The part of its host that somebody registered, or its public IP address; empty: the house's own."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    try:
        return host if ip_address(host).is_global else ""
    except ValueError:
        pass
    labels = host.split(".")
    if len(labels) < 2:
        return ""
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SHARED_SECOND_LEVEL
    return ".".join(labels[-3 if shared else -2 :])
