from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging
from servers.curt import curt_server, deaf_port
from servers.web import Answer, cut, endless, raw, reply, silence, web_server

from monitor.errors import ChannelReason

_F, _R = Failure, ChannelReason


def _hook_options(scheme: str, port: int) -> dict[str, object]:
    return {
        "url": f"{scheme}://127.0.0.1:{port}/hook?token={SECRET}",
        "secret": SECRET,
        "headers": {"Authorization": f"Bearer {SECRET}"},
    }


def hook(answer: Answer, certificate: str | None = None, *, takes: bool = True) -> Staging:
    """A web server with this answer; `takes`: that answer does not say that the message was refused."""

    @asynccontextmanager
    async def staging(ground: Ground) -> AsyncIterator[Stage]:
        async with web_server(tls=getattr(ground, certificate) if certificate else None) as server:
            server.on(f"/hook?token={SECRET}", answer)
            yield Stage(
                _hook_options(server.scheme, server.port),
                lambda: [request.header("Idempotency-Key") or "" for request in server.requests if takes],
            )

    return staging


def curt_hook(scheme: str, words: bytes = b"", *, hang_up: bool = False) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        async with curt_server(words, hang_up=hang_up) as port:
            yield Stage(_hook_options(scheme, port))

    return staging


@asynccontextmanager
async def deaf_hook(_ground: Ground) -> AsyncIterator[Stage]:
    with deaf_port() as port:
        yield Stage(_hook_options("http", port))


def _refused(status: int, reason: ChannelReason, failure: Failure, *, permanent: bool = False) -> Case:
    answer = reply(status, f"because of {status}".encode())
    return Case(failure, str(status), hook(answer, takes=False), reason, permanent=permanent)


WEBHOOK = Rig(
    type="webhook",
    well=hook(reply(204)),
    cases=[
        Case(_F.REFUSED, "nobody listens", deaf_hook, _R.CONNECT),
        Case(_F.TLS, "unknown authority", hook(reply(204), "untrusted"), _R.TLS),
        Case(
            _F.TLS, "plain text where TLS should be", curt_hook("https", b"HTTP/1.1 400 no\r\n\r\n"), _R.TLS
        ),
        Case(_F.SILENT_BEFORE, "silent in the TLS handshake", curt_hook("https"), _R.TIMEOUT),
        Case(_F.DROPPED_BEFORE, "in the TLS handshake", curt_hook("https", hang_up=True), _R.TLS),
        Case(_F.SILENT_AFTER, "after the request", hook(silence()), _R.UNKNOWN, arrives=True),
        Case(_F.DROPPED_AFTER, "after the request", hook(cut()), _R.UNKNOWN, arrives=True),
        Case(_F.DROPPED_AFTER, "in the status line", hook(raw(b"HTTP/1.1 20")), _R.UNKNOWN, arrives=True),
        _refused(401, _R.AUTHENTICATION, _F.AUTHENTICATION),
        _refused(403, _R.AUTHENTICATION, _F.AUTHENTICATION),
        _refused(404, _R.CONFIG, _F.RECIPIENT, permanent=True),
        _refused(410, _R.CONFIG, _F.RECIPIENT, permanent=True),
        _refused(408, _R.SERVER, _F.TEMPORARY),
        _refused(500, _R.SERVER, _F.TEMPORARY),
        _refused(503, _R.SERVER, _F.TEMPORARY),
        _refused(999, _R.SERVER, _F.NONSENSE),
        Case(
            _F.RATE_LIMITED,
            "429 with seconds",
            hook(reply(429, Retry_After="120"), takes=False),
            _R.RATE_LIMITED,
            retry_after_s=120,
        ),
        Case(
            _F.RATE_LIMITED,
            "503 with a date",
            hook(reply(503, Retry_After="Tue, 06 Jan 2026 19:35:00 GMT"), takes=False),
            _R.SERVER,
            retry_after_s=600,
        ),
        _refused(400, _R.REJECTED, _F.PERMANENT, permanent=True),
        _refused(422, _R.REJECTED, _F.PERMANENT, permanent=True),
        Case(
            _F.PERMANENT,
            "a redirect",
            hook(reply(307, Location="http://127.0.0.1:9/elsewhere"), takes=False),
            _R.CONFIG,
            permanent=True,
        ),
        Case(_F.NONSENSE, "SMTP", hook(raw(b"220 mail.test ESMTP\r\n")), _R.UNKNOWN, arrives=True),
        Case(
            _F.NONSENSE, "headers without end", hook(endless(b"x", X="y" * 200_000)), _R.UNKNOWN, arrives=True
        ),
    ],
)
