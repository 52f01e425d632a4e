from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging
from samples.messages import LATIN, message
from servers.curt import deaf_port
from servers.web import Answer, raw, reply, silence, web_server

from monitor.errors import ChannelReason

_F, _R = Failure, ChannelReason
_NO_REASON = "Apprise tells no reason: it is as any other failure"


def service(answer: Answer, *, takes: bool = True) -> Staging:
    """Apprise's own JSON service, with a server of ours at its other end. A message there shows no id."""

    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        async with web_server() as server:
            server.elsewhere = answer
            yield Stage(_options(server.port), lambda: [message(LATIN).id for _ in server.requests if takes])

    return staging


@asynccontextmanager
async def deaf(_ground: Ground) -> AsyncIterator[Stage]:
    with deaf_port() as port:
        yield Stage(_options(port))


def _options(port: int) -> dict[str, object]:
    return {"url": f"json://desk:{SECRET}@127.0.0.1:{port}/hook/{SECRET}"}


APPRISE = Rig(
    type="apprise",
    well=service(reply(200, b"{}")),
    cases=[
        Case(_F.REFUSED, "nobody listens", deaf, _R.PROGRAM),
        Case(_F.SILENT_AFTER, "it hangs", service(silence()), _R.UNKNOWN, arrives=True),
        Case(_F.TEMPORARY, "500", service(reply(500, SECRET.encode()), takes=False), _R.PROGRAM),
        Case(_F.AUTHENTICATION, "401", service(reply(401), takes=False), _R.PROGRAM),
        Case(_F.RATE_LIMITED, "429", service(reply(429, Retry_After="5"), takes=False), _R.PROGRAM),
        Case(_F.PERMANENT, "400", service(reply(400), takes=False), _R.PROGRAM),
        Case(_F.NONSENSE, "SMTP", service(raw(b"220 mail.test\r\n"), takes=False), _R.PROGRAM),
    ],
    cannot={
        _F.TLS: _NO_REASON,
        _F.SILENT_BEFORE: _NO_REASON,
        _F.DROPPED_BEFORE: _NO_REASON,
        _F.DROPPED_AFTER: _NO_REASON,
        _F.RECIPIENT: _NO_REASON,
    },
)
