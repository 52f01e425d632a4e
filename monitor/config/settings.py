"""monitor.toml → settings and channels."""

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from pydantic import BaseModel, SecretStr

from monitor.config.credentials import Sources, filled_in, secret_values
from monitor.config.document import Fault, tables_of, texts_of
from monitor.config.files import read_if_there, read_text
from monitor.config.sentences import check, did_you_mean, is_open, is_secret, keys_of
from monitor.config.shapes import (
    AlertingTable,
    ChannelTable,
    DatabaseTable,
    MainFile,
    RetentionTable,
    WebTable,
)
from monitor.config.spots import KeyPath
from monitor.errors import Problem
from monitor.folders import MAIN_FILE
from monitor.model import Alerting, Channel, Logging, Polling, QuietHours, Retention, Web
from monitor.model.options import ChannelOptions

LISTEN = "127.0.0.1:8787"
CONSOLE = "console"
"""The channel that needs no table, and its type."""

ChannelTypes = Mapping[str, type[ChannelOptions]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What monitor.toml says."""

    database_url: SecretStr
    polling: Polling
    alerting: Alerting
    web: Web
    logging: Logging
    retention: Retention
    channels: Mapping[str, Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """monitor.toml as it was read."""

    settings: Settings | None
    understood: Settings | None = None
    """What is left of them without what is wrong; None: not even where the database is."""
    channel_names: list[str] | None = None
    """The ids of all channels that it means to have; None: it could not be read."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    problems: list[Problem]


def read_main(folder: Path, sources: Sources, *, state: Path, channel_types: ChannelTypes) -> Main:
    """The settings, and all that is wrong with them; a relative database path lies in `state`."""
    document, problems = read_if_there(
        folder / MAIN_FILE,
        may_show=partial(_may_show, channel_types=channel_types),
        open_keys=partial(_open_keys, channel_types),
    )
    if document is None:
        return Main(settings=None, problems=problems)
    slipped = bool(problems)
    document, missing = filled_in(document, sources)
    names = None if slipped else channel_names(document.values)
    table, faults = check(MainFile, document.values)
    left = table or _without(faults, document.values)
    channels, channel_faults = _read_channels(tables_of(document.values, "channel"), channel_types)
    faults += channel_faults
    for key in ("default", "operator"):
        ids = texts_of(document.values, "alerting", key)
        faults += unknown_channels(ids, names, at=("alerting", key)) if names is not None else []
    zone = system_zone(sources.environ)
    is_placed = not any(fault.path[:1] == ("database",) for fault in [*missing, *faults]) and (
        not slipped or "database" in document.values or not _names_database(folder / MAIN_FILE)
    )
    return Main(
        settings=_settings(table, channels, state=state, zone=zone) if table and not slipped else None,
        understood=_settings(left, channels, state=state, zone=zone) if left and is_placed else None,
        channel_names=names,
        secrets=secret_values(document),
        problems=[*problems, *document.problems(missing, faults)],
    )


def _names_database(path: Path) -> bool:
    """Whether something in the file looks like the head of `[database]`, also where it is not TOML."""
    return re.search(r"^\s*\[*\s*database\b", read_text(path).text, re.MULTILINE) is not None


def _without(faults: Iterable[Fault], values: Mapping[str, Any]) -> MainFile | None:
    """What a file says apart from its faults: without the keys that are wrong, then without their tables."""
    for parts in (None, 1):
        rest = deepcopy(dict(values))
        for fault in faults:
            *tables, key = fault.path[:parts] or (None,)
            inside: Any = rest
            for each in tables:
                inside = inside.get(each) if isinstance(inside, dict) else None
            if isinstance(inside, dict):
                inside.pop(key, None)
        found, _ = check(MainFile, rest)
        if found:
            return found
    return None


def _may_show(values: Mapping[str, Any], path: KeyPath, *, channel_types: ChannelTypes) -> bool:
    """True where what stands at `path` is certainly no secret."""
    match path:
        case ("channel", int(index), str(key), *_):
            options = channel_types.get(str(values["channel"][index].get("type")))
            return key in ChannelTable.model_fields or (options is not None and is_open(options, path[2:]))
        case ("channel", str(), *_):
            return False  # [channel] instead of [[channel]]
    return is_open(MainFile, path)


def _open_keys(channel_types: ChannelTypes) -> frozenset[str]:
    """The keys that hold no secret in any table."""
    models: tuple[type[BaseModel], ...] = (MainFile, ChannelTable, *channel_types.values())
    keys = [pair for model in models for pair in keys_of(model)]
    return frozenset(name for name, _ in keys) - {name for name, field in keys if is_secret(field)}


def _settings(table: MainFile, channels: Mapping[str, Channel], *, state: Path, zone: str) -> Settings:
    return Settings(
        database_url=_database_url(table.database.url, state),
        polling=Polling(**dict(table.polling)),
        alerting=_alerting(table.alerting, zone),
        web=_web(table.web),
        logging=Logging(**dict(table.logging)),
        retention=_retention(table.retention),
        channels=channels,
    )


def _retention(table: RetentionTable) -> Retention:
    return Retention(
        age=table.age,
        entries=table.entries,
        bytes=table.size,
        feed_entries=table.feed_entries,
        feed_bytes=table.feed_size,
        remembered=table.remembered,
    )


def _web(table: WebTable) -> Web:
    """Hubs have to reach an address: it is the usual one where none is given."""
    listen = table.listen or (LISTEN if table.callback_url else None)
    return Web(
        listen=listen,
        public_url=table.public_url,
        callback_url=table.callback_url,
        token=table.token,
        hosts=frozenset(table.hosts),
    )


def channel_names(values: Mapping[str, Any]) -> list[str]:
    """The ids of all channels that monitor.toml means to have, also of those with faults of their own."""
    named = [table.get("id") for table in tables_of(values, "channel")]
    return [CONSOLE, *(name for name in named if isinstance(name, str) and name != CONSOLE)]


def unknown_channels(ids: Iterable[str], names: Sequence[str], *, at: KeyPath) -> list[Fault]:
    """A fault for each id in a list, found at `at`, that is not among the names of channels."""
    known = ", ".join(f'"{name}"' for name in names)
    return [
        Fault(
            (*at, index), f'there is no channel "{each}"', did_you_mean(each, names) or f"there are: {known}"
        )
        for index, each in enumerate(ids)
        if each not in names
    ]


def system_zone(environ: Mapping[str, str]) -> str:
    """The IANA name of the machine's time zone; "UTC" where it gives none."""
    try:
        name = environ.get("TZ", "").removeprefix(":") or tzlocal.get_localzone_name() or "UTC"
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return name


def _read_channels(
    tables: list[dict[str, Any]], channel_types: ChannelTypes
) -> tuple[dict[str, Channel], list[Fault]]:
    channels: dict[str, Channel] = {}
    faults: list[Fault] = []
    for index, table in enumerate(tables):
        path = ("channel", index)
        channel, found = _read_channel(table, path, channel_types)
        faults += found
        if channel is None:
            continue
        if channel.id in channels:
            faults.append(
                Fault((*path, "id"), f'there are two channels "{channel.id}"', "give one another id")
            )
        channels[channel.id] = channel
    if CONSOLE not in channels:
        channels[CONSOLE] = Channel(id=CONSOLE, type=CONSOLE, options=channel_types[CONSOLE]())
    return channels, faults


def _read_channel(
    table: dict[str, Any], path: KeyPath, channel_types: ChannelTypes
) -> tuple[Channel | None, list[Fault]]:
    common = {key: value for key, value in table.items() if key in ChannelTable.model_fields}
    named, faults = check(ChannelTable, common, at=path)
    model = channel_types.get(str(table.get("type")))
    if model is None:
        if named is not None:
            known = ", ".join(f'"{each}"' for each in channel_types)
            cure = did_you_mean(named.type, channel_types) or f"types are {known}"
            faults.append(Fault((*path, "type"), f'there is no channel type "{named.type}"', cure))
        return None, faults
    rest = {key: value for key, value in table.items() if key not in ChannelTable.model_fields}
    options, option_faults = check(model, rest, at=path)
    faults += option_faults
    if named is None or options is None:
        return None, faults
    if named.id == CONSOLE != named.type:
        fault = Fault((*path, "id"), 'the channel "console" is built in', "give this one another id")
        return None, [*faults, fault]
    return Channel(id=named.id, type=named.type, options=options, recipients=options.recipients), faults


def _database_url(url: SecretStr, state: Path) -> SecretStr:
    scheme, slashes, path = url.get_secret_value().partition(":///")
    if scheme != "sqlite":
        return url
    return SecretStr(f"{scheme}{slashes}{state.absolute() / path}")


def database_url(written: str, *, state: Path) -> SecretStr:
    """What `[database] url` would name. Raises ValueError, with a cure, where it is no such address."""
    table, faults = check(DatabaseTable, {"url": written})
    if table is None:
        raise ValueError("; ".join(f"{fault.message} ({fault.cure})" for fault in faults))
    return _database_url(table.url, state)


def _alerting(table: AlertingTable, default_zone: str) -> Alerting:
    zone = table.zone or default_zone
    quiet = table.quiet_hours
    return Alerting(
        default=tuple(table.default),
        operator=tuple(table.operator),
        zone=zone,
        max_age=table.max_age,
        group_wait=table.group_wait,
        update_interval=table.update_interval,
        catch_up=table.catch_up,
        max_per_hour=table.max_per_hour,
        bursts=table.bursts,
        lulls=table.lulls,
        quiet_hours=QuietHours(start=quiet.from_, end=quiet.to, zone=quiet.zone or zone) if quiet else None,
    )
