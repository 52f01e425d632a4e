"""A WebSub hub on loopback, strict about what subscribers must say (W3C Recommendation, §5 and §7).

    hub = Hub(); hub.settle(web)          # at web.url("/hub")
    … the monitor subscribes … await hub.confirm() … await hub.push(body)

It confirms only when a test says so, so that a test sees every state in between.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import httpx
from servers.web import Request, WebServer, reply


@dataclass
class Hub:
    """What it was asked, the newest last; `asked` holds the forms as they came."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    """What a subscriber did against the Recommendation."""
    answers: list[int] = field(default_factory=list)
    """The next statuses to answer with; 202 where there is none."""
    lease_s: int | None = 864_000

    def settle(self, web: WebServer, path: str = "/hub") -> str:
        self.url = web.on(path, self.answer)
        return self.url

    async def answer(self, request: Request, writer) -> None:
        form = self._read(request)
        self.asked.append(form)
        await reply(self.answers.pop(0) if self.answers else 202)(request, writer)

    def _read(self, request: Request) -> dict[str, str]:
        pairs = parse_qsl(request.body.decode(), strict_parsing=True)
        form = dict(pairs)
        self._must(request.method == "POST", "§5.1: a POST")
        self._must(request.header("content-type") == "application/x-www-form-urlencoded", "§5.1: a form")
        self._must(len(form) == len(pairs), "a key came twice")
        self._must(form.get("hub.mode") in {"subscribe", "unsubscribe"}, "§5.1: hub.mode")
        self._must({"hub.callback", "hub.topic"} <= form.keys(), "§5.1: callback and topic are required")
        self._must(len(form.get("hub.secret", "")) < 200, "§5.1: a secret is less than 200 bytes")
        self._must(form.get("hub.lease_seconds", "1").isdigit(), "§5.1: a number of seconds")
        return form

    def _must(self, held: object, what: str) -> None:
        if not held:
            self.wrongs.append(what)

    async def confirm(self, asked: dict[str, str] | None = None, **otherwise: str | None) -> bool:
        """Verification of intent (§5.3) of what was asked last; whether the subscriber said yes.

        `otherwise`: `mode="…"` for `hub.mode`, and so on; None leaves it out.
        """
        form = asked or self.asked[-1]
        challenge = secrets.token_hex(8)
        said = {
            "mode": form["hub.mode"],
            "topic": form["hub.topic"],
            "challenge": challenge,
            "lease_seconds": str(self.lease_s) if self.lease_s is not None else None,
        } | otherwise
        response = await self.get(
            form["hub.callback"], {f"hub.{key}": value for key, value in said.items() if value is not None}
        )
        return response.is_success and response.text == said["challenge"]

    async def get(self, callback: str, said: dict[str, str]) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(f"{callback}?{urlencode(said)}")

    async def push(
        self,
        body: bytes,
        *,
        asked: dict[str, str] | None = None,
        method: str = "sha256",
        signature: str | None = None,
        **headers: str,
    ) -> int:
        """Content distribution (§7), signed (§7.1) unless a `signature` is given; the subscriber's status."""
        form = asked or next(one for one in reversed(self.asked) if "hub.secret" in one)
        own = hmac.new(form["hub.secret"].encode(), body, getattr(hashlib, method)).hexdigest()
        sent = {
            "Content-Type": "application/rss+xml",
            "Link": f'<{self.url}>; rel="hub", <{form["hub.topic"]}>; rel="self"',
            "X-Hub-Signature": f"{method}={own}" if signature is None else signature,
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient() as client:
            return (await client.post(form["hub.callback"], content=body, headers=sent)).status_code
