"""The advisory locks of PostgreSQL that this room takes."""

from __future__ import annotations

from typing import Final

WRITER, DAEMON, LEASES = 0x6E657773, 0x6E657774, 0x6E657775
"""The first halves of ours: who writes, who is the daemon, who changes many leases."""
SCHEMA: Final = "hashtext(coalesce(current_schema(), ''))"
"""The other half, so that one database can hold several monitors, each in a schema of its own."""
