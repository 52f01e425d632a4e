"""`monitor demo`."""

from __future__ import annotations

import typer


def demo(context: typer.Context) -> None:
    """Replay the Paris Declaration days on loopback, through the real daemon."""
    raise typer.Exit(1)
