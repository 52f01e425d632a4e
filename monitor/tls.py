"""Whose certificates count: one place for feeds and channels."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx

from monitor.errors import MonitorError


def trust() -> ssl.SSLContext:
    """The context that trusts the public authorities, or those in `SSL_CERT_FILE`.

    One for all: it takes 20 ms to make. Raises MonitorError where they cannot be read.
    """
    try:
        return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except (OSError, ssl.SSLError) as error:
        given = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
        where = f"of {given}, which SSL_CERT_FILE or SSL_CERT_DIR names," if given else "that certifi ships"
        why = error.strerror or str(error)
        raise MonitorError(
            f"the certificates {where} cannot be read: {why}; name the file with all authorities that count"
        ) from error


@cache
def _context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """What httpx makes of these variables; it looks at them itself."""
    return httpx.create_ssl_context()
