"""What people send: short fields, or one file. Promise: bounded, and nothing of it is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from monitor.web.guard import FORM_BYTES, UPLOAD_BYTES

FIELDS: Final = 50


BODY_S = 10.0
"""For a form to arrive: who drips it holds a place no longer."""
UPLOAD_S = 45.0


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise HTTPException(408, "the form took too long to arrive: send it again") from None


async def fields(request: Request) -> Mapping[str, str]:
    """The form's fields, the last of each name. Raises HTTPException where they are too many, too long, too slow."""
    limits = request.form(max_files=0, max_fields=FIELDS, max_part_size=FORM_BYTES)
    async with _in_time(BODY_S), limits as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def upload(request: Request, name: str) -> tuple[str, bytes]:
    """The name and the bytes of a form's file. Raises HTTPException where there is none."""
    limits = request.form(max_files=1, max_fields=FIELDS, max_part_size=UPLOAD_BYTES)
    async with _in_time(UPLOAD_S), limits as form:
        file = form.get(name)
        if not isinstance(file, UploadFile) or not file.filename:
            raise HTTPException(400, "choose a file")
        body = await file.read(UPLOAD_BYTES + 1)
    if len(body) > UPLOAD_BYTES:
        raise HTTPException(413, f"at most {UPLOAD_BYTES // 2**20} MiB are taken")
    return file.filename, body
