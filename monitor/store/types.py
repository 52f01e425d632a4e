"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import DateTime, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_PACKED = "zlib,base64:"


class Numbers(TypeDecorator[tuple[float, ...]]):
    """A few numbers as JSON text; whole ones come back as whole ones."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[float, ...] | None, _dialect: Dialect) -> str:
        return json.dumps(value or ())

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[float, ...]:
        return tuple(json.loads(value or "[]"))


class Lines(TypeDecorator[tuple[str, ...]]):
    """A few texts, none of which holds a newline."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> str:
        return "\n".join(" ".join(line.split()) for line in value or ())

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[str, ...]:
        return tuple(value.split("\n")) if value else ()


class Packed(TypeDecorator[str]):
    """A long text, compressed. As text, which both databases keep alike; what was stored plainly is read as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        if not value:
            return value
        return _PACKED + b64encode(zlib.compress(value.encode(errors="surrogatepass"))).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        if value is None or not value.startswith(_PACKED):
            return value
        try:
            packed = b64decode(value.removeprefix(_PACKED), validate=True)
            return zlib.decompress(packed).decode(errors="surrogatepass")
        except (ValueError, zlib.error):
            return value


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime. Naive ones are refused: a zone guessed wrong is an alert at the wrong time.

    SQLite has no zones: there the UTC value is stored bare, which also sorts as text.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime reached the database: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if dialect.name == "sqlite" else moment.astimezone(UTC)
