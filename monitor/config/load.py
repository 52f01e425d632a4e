"""The whole config folder: gather the files, check all of them, put the values together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import Problem
from monitor.model import ChannelOptions, Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that can run."""

    config: Config
    rules: Any
    """`core.rules.RuleSet`: `config.rules`, compiled."""
    problems: tuple[Problem, ...]
    """Warnings, and the errors of single rules, each of which is left out of `config.rules`."""


def load(
    folder: Path,
    *,
    state: Path,
    environ: Mapping[str, str],
    channel_types: Mapping[str, type[ChannelOptions]],
) -> Loaded:
    """The folder's config, checked whole; a relative database path lies in `state`.

    Raises `ConfigError` with all errors of all files (and the warnings) where one of them is not a single rule's own.
    """
    raise NotImplementedError
