"""A message as people read it."""

from __future__ import annotations

from monitor.model import Message


def text(message: Message) -> str:
    return message.text or message.reports[0].entry.title
