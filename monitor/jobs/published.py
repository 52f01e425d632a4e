"""The config of a worker: what was published to all of them, or else the files that lie beside it.

Where its database is, is always said by the files beside it; secrets are each machine's own. What was changed in the
laid out files, as the page does, is published in its turn.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final

from loguru import logger

from monitor import config
from monitor.channels import options_models
from monitor.config import Loaded
from monitor.config.contents import Contents, lay_out, read_contents, refuse_secrets
from monitor.errors import StorageError
from monitor.store import Store, published
from monitor.store.published import Published

FOLDER: Final = "published"
"""In the state folder: where a published config is laid out, to be read as any other."""
MARK: Final = "published.version"
"""Beside it: which one was laid out there, whole."""


class ConfigSource:
    """Reads the config that is to run."""

    def __init__(self, store: Store, folder: Path, *, state: Path, environ: Mapping[str, str]) -> None:
        """`folder` is what lies on this machine."""
        self._store, self._beside, self._state, self._environ = store, folder, state, environ
        self.taken: str | None = None
        """The version of the published config that was read last; None: the files of this machine were."""
        self._reading = Lock()

    def read(self) -> Loaded:
        """The config, with its version. Raises ConfigError and StorageError."""
        with self._reading:
            newest = self._newest()
            if newest is None:
                loaded, self.taken = self._load(self._beside), None
                return replace(loaded, version=read_contents(self._beside).version)
            newest = self._changed_here(newest) or self._laid_out(newest)
            loaded = self._load(self._state / FOLDER)
            own = config.load_what_can_be(
                self._beside, state=self._state, environ=self._environ, channel_types=options_models()
            ).config
            settings = replace(
                loaded.config, database_url=own.database_url, secrets=loaded.config.secrets | own.secrets
            )
            self.taken = newest.version
            return replace(loaded, config=settings, version=newest.version, published=True)

    def _load(self, folder: Path) -> Loaded:
        return config.load(
            folder,
            state=self._state,
            environ=self._environ,
            channel_types=options_models(),
            secrets=self._beside,
        )

    def _newest(self) -> Published | None:
        with self._store.reading() as connection:
            return published.in_force(connection)

    def _laid_out(self, newest: Published) -> Published:
        folder, mark = self._state / FOLDER, self._state / MARK
        with self._store.reading() as connection:
            files = published.files(connection, newest.number)
        try:
            mark.unlink(missing_ok=True)  # first: what is half laid out was changed by nobody
            lay_out(Contents(files), folder)
            mark.write_text(newest.version)
        except (OSError, ValueError) as error:
            raise StorageError(f"the published config cannot be laid out in {folder}: {error}") from error
        return newest

    def _changed_here(self, newest: Published) -> Published | None:
        """What was changed in the laid out files, published; None: nothing was, or another came before."""
        folder, mark = self._state / FOLDER, self._state / MARK
        if not mark.exists() or not folder.is_dir():
            return None
        contents = read_contents(folder)
        if contents.version == (laid_out := mark.read_text()):
            return None
        if laid_out != newest.version:
            logger.error(
                "what was changed on this machine is not taken: {} published another config meanwhile",
                newest.published_by,
            )
            return None
        self._load(folder)
        refuse_secrets(folder, contents, channel_types=options_models())
        by = f"the page on {socket.gethostname()}"
        fresh = publish(self._store, contents, by=by, after=newest)
        mark.write_text(fresh.version)
        return fresh


def publish(store: Store, contents: Contents, *, by: str, after: Published | None = None) -> Published:
    """All workers take it up within seconds. Raises StorageError, also where another was published since `after`."""
    with store.writing() as connection:
        if after is not None and published.in_force(connection) != after:
            raise StorageError("another config was published meanwhile")
        return published.publish(connection, contents.files, version=contents.version, by=by)
