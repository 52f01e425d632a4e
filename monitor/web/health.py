"""`/metrics` for Prometheus and `/healthz` for whoever watches the daemon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.errors import StorageError
from monitor.metrics import REGISTRY

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(
    *,
    take_stock: Callable[[], Awaitable[None]],
    ailments: Callable[[], Sequence[str]],
    tells_all: Callable[[], bool] = lambda: True,
) -> list[Route]:
    """`take_stock` brings the figures up to date, and may raise StorageError; `ailments`: none where all is well.

    `tells_all`: whether anybody may hear what is wrong; else `/healthz` says only that something is.
    """

    async def metrics(_request: Request) -> Response:
        try:
            await take_stock()
        except StorageError as error:
            return PlainTextResponse(f"{error}\n", status_code=503, headers=FRESH)
        return Response(generate_latest(REGISTRY), media_type=PROMETHEUS, headers=FRESH)

    async def healthz(_request: Request) -> Response:
        wrong = ailments()
        told = wrong if tells_all() else ["not well"][: len(wrong)]
        said = "".join(f"{one}\n" for one in told) or "ok\n"
        return PlainTextResponse(said, status_code=503 if wrong else 200, headers=FRESH)

    return [Route("/metrics", metrics, methods=["GET"]), Route("/healthz", healthz, methods=["GET"])]
