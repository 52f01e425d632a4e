"""What lies outside: names, servers of feeds and their clocks, channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from monitor.channels import Surroundings
from monitor.channels.probe import probe
from monitor.config import Loaded
from monitor.errors import ChannelError, ChannelReason
from monitor.feeds.connect import look_up
from monitor.jobs.doctor.finding import Finding, Level, some
from monitor.model import Channel

SAMPLED = 5
"""Hosts of feeds that are asked, for all."""
ANSWER_S = 10.0
SLOW_S = 2.0
"""A name that takes longer to look up delays every poll."""
CLOCK_OFF = timedelta(seconds=60)
"""Servers' clocks are within seconds of each other; beyond, dates and schedules go wrong."""


def hosts(loaded: Loaded) -> dict[str, str]:
    """A few hosts of feeds, each with the address of one of its feeds."""
    found: dict[str, str] = {}
    for feed in loaded.config.feeds.values():
        host = urlsplit(feed.url).hostname
        if feed.enabled and feed.url.startswith(("http://", "https://")) and host and feed.proxy is None:
            found.setdefault(host, feed.url)
        if len(found) == SAMPLED:
            break
    return found


async def names(hosts: dict[str, str]) -> Sequence[Finding]:
    """Whether names are looked up, and how fast."""
    if not hosts:
        return []

    def seconds(host: str) -> float | None:
        began = time.monotonic()
        try:
            look_up(host, 443)
        except OSError:
            return None
        return time.monotonic() - began

    taken = await asyncio.gather(*(asyncio.to_thread(seconds, host) for host in hosts))
    unknown = [host for host, took in zip(hosts, taken, strict=True) if took is None]
    slowest = max((took for took in taken if took is not None), default=0.0)
    if len(unknown) == len(hosts):
        cure = "look at /etc/resolv.conf: no server there answers, or this machine is not online"
        return [Finding("DNS", Level.ILL, f"none of {some(unknown)} is known", cure)]
    if unknown:
        return [
            Finding(
                "DNS",
                Level.DOUBT,
                f"unknown: {some(unknown)}",
                "has the feed moved? `monitor feeds show ID`",
            )
        ]
    if slowest > SLOW_S:
        cure = "a resolver on this machine (systemd-resolved, unbound) keeps what it learnt"
        return [Finding("DNS", Level.DOUBT, f"a look-up took {slowest:.1f} s", cure)]
    return [Finding("DNS", Level.WELL, f"{len(hosts)} names of feeds looked up")]


async def servers(hosts: dict[str, str], surroundings: Surroundings) -> Sequence[Finding]:
    """Whether feeds' servers answer, and whether their clocks agree with this one."""

    async def asked(url: str) -> timedelta | str | None:
        parts = urlsplit(url)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await surroundings.http.head(
                    f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
                )
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            return " ".join(str(error).split())[:120] or "no answer in time"
        try:
            return parsedate_to_datetime(answer.headers["date"]) - surroundings.clock()
        except (KeyError, ValueError, TypeError):
            return None

    answers = dict(zip(hosts, await asyncio.gather(*map(asked, hosts.values())), strict=True))
    silent = {host: said for host, said in answers.items() if isinstance(said, str)}
    off = [one for one in answers.values() if isinstance(one, timedelta)]
    found: list[Finding] = []
    if silent and len(silent) == len(hosts):
        host, said = next(iter(silent.items()))
        found.append(
            Finding(
                "network",
                Level.ILL,
                f"no server of a feed answers; {host}: {said}",
                "is this machine online? is there a proxy?",
            )
        )
    elif silent:
        found += [
            Finding("network", Level.DOUBT, f"{host}: {said}", "`monitor feeds list --failing`")
            for host, said in silent.items()
        ]
    elif hosts:
        found.append(Finding("network", Level.WELL, f"{len(hosts)} servers of feeds answer"))
    if off:
        middle = sorted(off)[len(off) // 2]
        if abs(middle) > CLOCK_OFF:
            side = "behind" if middle > timedelta(0) else "ahead of"
            said = (
                f"this machine's is {timedelta(seconds=round(abs(middle).total_seconds()))} {side} servers'"
            )
            found.append(Finding("clock", Level.ILL, said, "set it: timedatectl set-ntp true"))
        else:
            found.append(Finding("clock", Level.WELL, "it agrees with other servers'"))
    return found


async def channel_reached(channel: Channel, surroundings: Surroundings) -> Sequence[Finding]:
    """Whether the channel can be reached; nothing is sent."""
    about = f"channel {channel.id}"
    try:
        said = await probe(channel, surroundings)
    except ChannelError as error:
        cure = {
            ChannelReason.AUTHENTICATION: "look at its user and password",
            ChannelReason.TLS: "look at its port, `tls` and certificate",
            ChannelReason.CONFIG: "look at its table in monitor.toml",
        }.get(error.reason, "what is to be told waits, and is tried for days; look at its address")
        return [Finding(about, Level.ILL, str(error), cure)]
    except Exception as error:  # noqa: BLE001 - the border of one check
        return [Finding(about, Level.ILL, f"it could not be tried: {error}")]
    tried = said or "nothing to reach"
    return [Finding(about, Level.WELL, f"{tried} (`monitor channels test {channel.id}` sends a message)")]
