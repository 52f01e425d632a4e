"""This machine: its limits, its certificates, the state folder, the disk."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterable
from pathlib import Path

from monitor.config import Loaded
from monitor.errors import MonitorError
from monitor.jobs.doctor.finding import Finding, Level
from monitor.jobs.limits import address_space, fitted, open_files
from monitor.tls import trust

PAUSED_BYTES, TIGHT_BYTES = 32 * 2**20, 2**30
"""Below the first polling pauses; below the second somebody should look."""


def limits(loaded: Loaded) -> Iterable[Finding]:
    """Memory and open files that the process may have."""
    polling, files = loaded.config.polling, open_files()
    _, shortage = fitted(polling, files)
    if shortage is not None:
        yield Finding("limits", Level.DOUBT, shortage.said, shortage.cure)
    if (shortage := address_space()) is not None:
        yield Finding("limits", Level.ILL, shortage.said, shortage.cure)


def authorities() -> Iterable[Finding]:
    """Whom TLS trusts."""
    try:
        known = trust().cert_store_stats()["x509_ca"]
    except MonitorError as error:
        said, _, cure = str(error).partition("; ")
        yield Finding("TLS", Level.ILL, said, cure)
        return
    if known:
        yield Finding("TLS", Level.WELL, f"{known} authorities are trusted")
    else:
        yield Finding("TLS", Level.ILL, "no authority is trusted: no https can be had", "unset SSL_CERT_FILE")


def folder(state: Path) -> Iterable[Finding]:
    """Who owns the state folder, and who may read it."""
    about = "state folder"
    if not state.exists():
        yield Finding(about, Level.DOUBT, f"{state} is not there yet", "`monitor run` makes it")
        return
    owner, user = _name(state.stat().st_uid), _name(os.geteuid())
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        cure = f"run this as {owner} (sudo -u {owner} monitor …), or chown -R {user} {state}"
        yield Finding(about, Level.ILL, f"{state} belongs to {owner}; {user} may not write it", cure)
        return
    strange = [
        one for one in state.iterdir() if not one.is_symlink() and one.stat().st_uid != state.stat().st_uid
    ]
    if strange:
        said = f"{strange[0].name} belongs to {_name(strange[0].stat().st_uid)}, the folder to {owner}"
        cure = f"chown {owner} {strange[0]}: some command ran as another user"
        yield Finding(about, Level.ILL, said, cure)
    elif state.stat().st_mode & 0o077:
        yield Finding(about, Level.DOUBT, f"{state} is open to other users", f"chmod 700 {state}")
    else:
        yield Finding(about, Level.WELL, str(state))


def disk(state: Path) -> Iterable[Finding]:
    """Whether it has room."""
    there = next(one for one in (state, *state.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    said = f"{free / 2**30:.1f} GiB free" if free >= TIGHT_BYTES else f"{free >> 20} MiB free"
    if free < PAUSED_BYTES:
        yield Finding(
            "disk",
            Level.ILL,
            f"{said}: polling pauses below {PAUSED_BYTES >> 20}",
            "make room there; what waits is sent",
        )
    elif free < TIGHT_BYTES:
        yield Finding("disk", Level.DOUBT, said, "make room there before polling pauses")
    else:
        yield Finding("disk", Level.WELL, said)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
