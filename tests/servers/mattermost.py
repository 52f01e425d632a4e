"""Mattermost's "create a post" and incoming webhooks, as developers.mattermost.com describes them."""

from dataclasses import dataclass, field
from typing import Any

from servers.chat import TOKEN, ChatService, Refused, document_of
from servers.web import Request

POST = {"channel_id", "message", "root_id", "pending_post_id", "props"}
CHANNEL = "c" * 26


def bad(status: int, code: str, said: str) -> Refused:
    return Refused(status, {"id": code, "message": said, "status_code": status})


@dataclass
class Mattermost(ChatService):
    token: str = TOKEN
    webhook: str = f"/hooks/{TOKEN}"
    posts: dict[str, str] = field(default_factory=dict)
    """By pending_post_id."""

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.target == self.webhook:
            payload = document_of(request, bad(400, "web.incoming_webhook.parse", "bad"), known={"text"})
            if not 0 < len(payload["text"]) <= 4000:
                raise bad(400, "web.incoming_webhook.text.length", "too long")
            self.keep(request, payload)
            return 200, b"ok"
        if request.target != "/api/v4/posts":
            raise bad(404, "api.context.404.app_error", "Sorry, we could not find the page.")
        if request.header("Authorization") != f"Bearer {self.token}":
            raise bad(401, "api.context.session_expired.app_error", "Invalid or expired session")
        return self._post(request)

    def _post(self, request: Request) -> tuple[int, Any]:
        post = document_of(request, bad(400, "api.context.invalid_body_param", "bad"), known=POST)
        if post["channel_id"] != CHANNEL:
            raise bad(403, "api.context.permissions.app_error", "You do not have the permission")
        if not 0 < len(post["message"]) <= 16_383:
            raise bad(400, "model.post.is_valid.message_length.app_error", "too long")
        if post["root_id"] and post["root_id"] not in self.posts.values():
            raise bad(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
        number = self.posts.setdefault(post["pending_post_id"], f"{len(self.posts):026}")
        self.keep(request, post)
        return 201, {"id": number, **post}
