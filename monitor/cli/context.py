"""What every command begins with: where the config and the state are, and both of them opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from monitor import config, log
from monitor.channels import options_models
from monitor.cli import output
from monitor.config import Loaded
from monitor.errors import MonitorError, Severity
from monitor.log import LogFormat
from monitor.store import Store
from monitor.store.backend import shown
from monitor.store.database import is_made, sqlite_path


class NotFound(MonitorError):  # noqa: N818 - reads as what it says
    """There is no such thing."""


@dataclass
class Context:
    """The options that stand before any command."""

    folder_option: Path | None = None
    state_option: Path | None = None
    log_format: LogFormat = "text"
    log_level: str | None = None

    @cached_property
    def folder(self) -> Path:
        """Of the config. Raises ConfigError where there is none."""
        return config.find_folder(self.folder_option, environ=os.environ)

    @cached_property
    def state(self) -> Path:
        """Of the database and of the files that channels write."""
        return config.state_folder(self.state_option, environ=os.environ)

    def load(self) -> Loaded:
        """The config, read anew. Raises ConfigError. From here on the log and what is printed hide its secrets."""
        return self._set_up(config.load)

    def load_from(self, folder: Path) -> Loaded:
        """Another config, as `load`."""
        loaded = self._read(config.load, folder)
        output.hide(loaded.config.secrets)
        return loaded

    def understood(self) -> Loaded:
        """What can be read of the config, for what needs no rule and no secret; what is wrong is said once.

        Raises ConfigError where it is not known which database is meant.
        """
        loaded = self._set_up(config.load_what_can_be)
        wrong = [one for one in loaded.problems if one.severity is Severity.ERROR and one.rule is None]
        if wrong:
            count = output.counted(len(wrong), "error")
            warn(f"monitor: the config has {count}, `monitor check` shows all. {wrong[0].line}")
        return loaded

    def _set_up(self, load: Callable[..., Loaded]) -> Loaded:
        return self.read_by(lambda: self._read(load, self.folder))

    def _read(self, load: Callable[..., Loaded], folder: Path) -> Loaded:
        return load(folder, state=self.state, environ=os.environ, channel_types=options_models())

    def read_by(self, read: Callable[[], Loaded]) -> Loaded:
        """What that returns. From here on the log and what is printed hide its secrets."""
        loaded = read()
        log.set_up(
            level=self.log_level or loaded.config.logging.level,
            log_format=self.log_format,
            secrets=loaded.config.secrets,
        )
        output.hide(loaded.config.secrets)
        return loaded

    def database(self, loaded: Loaded) -> str:
        """The database that the config names, as a person may see it."""
        url = loaded.config.database_url.get_secret_value()
        path = sqlite_path(url)
        return f"database {path if path is not None else shown(url)}"

    def files(self) -> list[Path]:
        """The files that the config is read from."""
        return [
            *self.folder.rglob("*.toml"),
            *self.folder.rglob("*.opml"),
            *config.template_files(self.folder),
        ]

    @contextmanager
    def store(self, loaded: Loaded) -> Iterator[Store]:
        """The database, made where it is not there."""
        store = Store(loaded.config.database_url.get_secret_value())
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def asked(self, loaded: Loaded) -> Iterator[Store]:
        """The database for a question: one that is not there is empty, and is not made by being asked."""
        url = loaded.config.database_url.get_secret_value()
        store = Store(url if is_made(url) else "sqlite://")
        try:
            yield store
        finally:
            store.close()


def now() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


def warn(text: str) -> None:
    """One fact on standard error."""
    print(output.shown(text), file=sys.stderr)
