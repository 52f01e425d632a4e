"""Digest logins (RFC 7616): the answer to a server's challenge, by httpx's own arithmetic.

A login that a server took is remembered, so that the next poll is one request and not two.
"""

from __future__ import annotations

from collections.abc import Hashable

import httpx

REMEMBERED = 1_000
"""Logins; the oldest goes first."""


class Digests:
    """The challenges of servers, by whose login at which server they are for."""

    def __init__(self) -> None:
        self._known: dict[Hashable, httpx.DigestAuth] = {}

    def ahead(self, login: Hashable, request: httpx.Request) -> str | None:
        """The Authorization of a server whose last challenge is known; None: it never sent one."""
        known = self._known.get(login)
        if known is None:
            return None
        return _authorization(next(known.auth_flow(request)))

    def answer(
        self, login: Hashable, user: str, password: str, request: httpx.Request, response: httpx.Response
    ) -> str | None:
        """The Authorization that the 401 asks for; None where it asks for no Digest that can be given."""
        self._known.pop(login, None)
        digest = httpx.DigestAuth(user, password)
        flow = digest.auth_flow(request)
        next(flow)
        try:
            answered = flow.send(response)
        except StopIteration:  # no challenge, or Basic alone
            return None
        except (httpx.HTTPError, ValueError, LookupError, NotImplementedError):
            return None  # a challenge that says too little, or asks for what nobody has
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[login] = digest
        return _authorization(answered)


def _authorization(request: httpx.Request) -> str | None:
    said: str | None = request.headers.get("authorization")
    return said
