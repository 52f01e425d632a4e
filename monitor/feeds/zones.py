"""Names of time zones as feeds write them → seconds east of Greenwich.

An abbreviation is what newsrooms of the larger readership mean by it; where a language says otherwise, that counts.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

HOUR: Final = 3_600

_ABBREVIATIONS: Final = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "zulu": 0, "wet": 0, "egst": 0, "azost": 0, "azot": -1, "cvt": -1, "egt": -1,
    # Europe
    "west": 1, "bst": 1, "cet": 1, "mez": 1, "met": 1, "cest": 2, "mesz": 2, "mest": 2, "hnec": 1, "heec": 2,
    "eet": 2, "oez": 2, "eest": 3, "oesz": 3, "msk": 3, "мск": 3, "msd": 4, "samt": 4, "fet": 3, "trt": 3,
    # Africa
    "wat": 1, "cat": 2, "sast": 2, "eat": 3, "mut": 4, "ret": 4, "sct": 4,
    # West and South Asia; Russia to the east
    "idt": 3, "irst": 3.5, "irdt": 4.5, "get": 4, "azt": 4, "amt": -4, "gst": 4, "aft": 4.5, "pkt": 5, "uzt": 5,
    "tjt": 5, "tmt": 5, "mvt": 5, "yekt": 5, "ist": 5.5, "slst": 5.5, "npt": 5.75, "omst": 6, "btt": 6, "kgt": 6,
    "almt": 5, "novt": 7, "krat": 7, "irkt": 8, "yakt": 9, "vlat": 10, "magt": 11, "pett": 12, "mmt": 6.5,
    # East Asia and the Pacific
    "wib": 7, "ict": 7, "hovt": 7, "wita": 8, "hkt": 8, "sgt": 8, "myt": 8, "pht": 8, "phst": 8, "ulat": 8,
    "awst": 8, "awdt": 9, "wit": 9, "jst": 9, "kst": 9, "tlt": 9, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11,
    "chst": 10, "pgt": 10, "lhst": 10.5, "sbt": 11, "nct": 11, "vut": 11, "nzst": 12, "nzdt": 13, "fjt": 12,
    "tot": 13, "chast": 12.75, "chadt": 13.75, "sst": -11,
    # The Americas
    "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "hast": -10, "hadt": -9, "hdt": -9,
    "brt": -3, "brst": -2, "fnt": -2, "art": -3, "uyt": -3, "uyst": -2, "gft": -3, "srt": -3, "pmst": -3, "pmdt": -2,
    "clt": -4, "clst": -3, "pyt": -3, "pyst": -3, "bot": -4, "vet": -4, "gyt": -4, "cot": -5, "pet": -5, "ect": -5,
    "hne": -5, "hae": -4, "hnc": -6, "hac": -5, "hnr": -7, "har": -6, "hnp": -8, "hap": -7, "hna": -4, "haa": -3,
    "galt": -6, "wgt": -2, "wgst": -1,
}  # fmt: skip
_IN_A_LANGUAGE: Final = {
    ("ist", "he"): 2, ("ist", "ga"): 1, ("cst", "zh"): 8, ("bst", "bn"): 6, ("ast", "ar"): 3, ("amt", "hy"): 4,
    ("pst", "tl"): 8, ("pst", "fil"): 8, ("gst", "ka"): 4,
}  # fmt: skip
"""IST is Israel's to Hebrew feeds, CST China's to Chinese ones, …"""
_BY_SEASON: Final = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
    "akt": "America/Anchorage", "nzt": "Pacific/Auckland", "aet": "Australia/Sydney", "act": "Australia/Adelaide",
    "awt": "Australia/Perth", "uk": "Europe/London",
}  # fmt: skip
"""Names without a season: which of its two offsets holds depends on the day."""
_PLACE: Final = re.compile(r"[a-z]+(?:/[a-z0-9_+-]+){1,2}", re.IGNORECASE)


def offset_s(name: str, *, language: str | None) -> float | None:
    """Seconds east of Greenwich of an abbreviation in lower case; None where it is none that is known."""
    hours = _IN_A_LANGUAGE.get((name, language or ""), _ABBREVIATIONS.get(name))
    return None if hours is None else hours * HOUR


def place(name: str) -> ZoneInfo | None:
    """The zone of a name like `Europe/Berlin`, or of one without a season like `ET`; None where there is none."""
    known = _BY_SEASON.get(name.casefold())
    if known is None and _PLACE.fullmatch(name):
        known = _places().get(name.casefold())
    return ZoneInfo(known) if known else None


def offset_at(zone: ZoneInfo, local: datetime) -> float:
    """Seconds east of Greenwich at a local time without a zone; of the hour that comes twice the first."""
    offset = local.replace(tzinfo=zone).utcoffset()
    return offset.total_seconds() if offset else 0.0


@cache
def _places() -> dict[str, str]:
    """Read from the disk once, and only where a feed names a place."""
    return {name.casefold(): name for name in available_timezones()}
