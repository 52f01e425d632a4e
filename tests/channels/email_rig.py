from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging
from servers.curt import curt_server, deaf_port
from servers.mail import MailServer, Misdeed, mail_server

from monitor.errors import ChannelReason

_DROP, _HANG = Misdeed.DROP, Misdeed.HANG
_F, _R = Failure, ChannelReason


def _mail_options(port: int, **changed: object) -> dict[str, object]:
    options = {"host": "127.0.0.1", "port": port, "tls": "none"}
    return options | {"from": "monitor@example.org", "to": ["desk@example.org"]} | changed


def mail(**answers: str | Misdeed) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        async with mail_server() as server:
            for step, answer in answers.items():
                setattr(server, step, answer)
            yield Stage(_mail_options(server.port), lambda: _ids(server))

    return staging


def secure_mail(tls: str, certificate: str = "trusted", *, welcome: bool = True) -> Staging:
    @asynccontextmanager
    async def staging(ground: Ground) -> AsyncIterator[Stage]:
        context = getattr(ground, certificate)
        async with mail_server(**{tls: context}) as server:
            server.welcome = welcome
            options = _mail_options(server.port, tls=tls, user="desk", password=SECRET)
            yield Stage(options, lambda: _ids(server))

    return staging


def curt_mail(words: bytes = b"", *, hang_up: bool = False, **changed: object) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        async with curt_server(words, hang_up=hang_up) as port:
            yield Stage(_mail_options(port, **changed))

    return staging


@asynccontextmanager
async def deaf_mail(_ground: Ground) -> AsyncIterator[Stage]:
    with deaf_port() as port:
        yield Stage(_mail_options(port))


@asynccontextmanager
async def mail_without_starttls(_ground: Ground) -> AsyncIterator[Stage]:
    async with mail_server() as server:
        yield Stage(_mail_options(server.port, tls="starttls"), lambda: _ids(server))


def _ids(server: MailServer) -> list[str]:
    return [taken["Message-ID"].strip("<>").partition("@")[0] for taken in server.taken]


EMAIL = Rig(
    type="email",
    recipient="desk@example.org",
    well=mail(),
    cases=[
        Case(_F.REFUSED, "nobody listens", deaf_mail, _R.CONNECT),
        Case(_F.TLS, "unknown authority", secure_mail("tls", "untrusted"), _R.TLS),
        Case(_F.TLS, "unknown authority after STARTTLS", secure_mail("starttls", "untrusted"), _R.TLS),
        Case(_F.TLS, "plain text where TLS should be", curt_mail(b"220 hi\r\n", tls="tls"), _R.TLS),
        Case(_F.TLS, "STARTTLS not offered", mail_without_starttls, _R.TLS),
        Case(_F.SILENT_BEFORE, "no greeting", curt_mail(), _R.TIMEOUT),
        Case(_F.SILENT_BEFORE, "silent after MAIL", mail(sender=_HANG), _R.TIMEOUT),
        Case(_F.SILENT_BEFORE, "silent in the TLS handshake", curt_mail(tls="tls"), _R.TIMEOUT),
        Case(_F.DROPPED_BEFORE, "no greeting", curt_mail(hang_up=True), _R.CONNECT),
        Case(_F.DROPPED_BEFORE, "at RCPT", mail(recipient=_DROP), _R.CONNECT),
        Case(_F.SILENT_AFTER, "after the data", mail(data=_HANG), _R.UNKNOWN, arrives=True),
        Case(_F.DROPPED_AFTER, "after the data", mail(data=_DROP), _R.UNKNOWN, arrives=True),
        Case(
            _F.AUTHENTICATION,
            "535",
            secure_mail("starttls", welcome=False),
            _R.AUTHENTICATION,
        ),
        Case(
            _F.AUTHENTICATION,
            "530 at MAIL",
            mail(sender="530 5.7.0 log in"),
            _R.AUTHENTICATION,
        ),
        Case(_F.RECIPIENT, "550", mail(recipient="550 5.1.1 nobody"), _R.RECIPIENT, permanent=True),
        Case(_F.RECIPIENT, "553", mail(recipient="553 5.1.3 what?"), _R.RECIPIENT, permanent=True),
        Case(_F.TEMPORARY, "421 as greeting", curt_mail(b"421 busy\r\n"), _R.SERVER),
        Case(_F.TEMPORARY, "421 after the data", mail(data="421 4.3.2 going down"), _R.SERVER),
        Case(_F.TEMPORARY, "451 at MAIL", mail(sender="451 4.3.0 local error"), _R.SERVER),
        Case(_F.TEMPORARY, "452 at RCPT", mail(recipient="452 4.2.2 full"), _R.SERVER),
        Case(_F.RATE_LIMITED, "450 at RCPT", mail(recipient="450 4.7.1 later"), _R.RATE_LIMITED),
        Case(_F.PERMANENT, "554 as greeting", curt_mail(b"554 no\r\n"), _R.REFUSED, permanent=True),
        Case(_F.PERMANENT, "550 at MAIL", mail(sender="550 5.7.1 no"), _R.REJECTED, permanent=True),
        Case(_F.PERMANENT, "554 after the data", mail(data="554 5.6.0 spam"), _R.REJECTED, permanent=True),
        Case(_F.NONSENSE, "HTTP", curt_mail(b"HTTP/1.1 400 Bad Request\r\n\r\n"), _R.SERVER),
        Case(_F.NONSENSE, "a greeting without end", curt_mail(b"220-and more\r\n" * 100_000), _R.SERVER),
        Case(_F.NONSENSE, "299 after the data", mail(data="299 hm"), _R.UNKNOWN, arrives=True),
    ],
)
