"""A real Chromium, driven by Playwright: Debian's own. `.ci/run` installs it; where there is none tests fail."""

import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import async_playwright, expect

EXPECTED = ("status of 4", "htmx:sendAbort", "htmx:afterRequest")
"""A page may not be there; who types on hangs up on the preview before."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
LIMIT_MS = 60_000
"""For what is waited for, on a machine that is busy."""
expect.set_options(timeout=LIMIT_MS)

_LISTENS = """() => new Promise(done => {
  const look = () => source !== null && mark !== null ? done() : requestAnimationFrame(look);
  look();
})"""


def chromium():
    """Raises FileNotFoundError, with the cure, where none is installed."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError("no Chromium is installed: apt-get install chromium")


@dataclass
class Watched:
    """What a page did that it must not do."""

    root: str
    dialogs: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = EXPECTED

    def on(self, page):
        page.on("dialog", self._dialog)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    async def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        await dialog.dismiss()

    def _console(self, message):
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.violations.append(message.text)
        elif message.type == "error" and not any(one in message.text for one in self.expected):
            self.errors.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.root, "data:")):
            self.elsewhere.append(request.url)

    def nothing_wrong(self):
        assert (self.dialogs, self.violations, self.elsewhere, self.errors) == ([], [], [], [])


async def listening(page):
    """Returns when the page hears what is new; its policy forbids the evaluation that `wait_for_function` needs."""
    await page.evaluate(_LISTENS)


@asynccontextmanager
async def browsing(root, *, expected=(), **options):
    """A window on the page at `root`; at the end it has done nothing that it must not, but for what is expected."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        given = {"locale": "en-GB", "timezone_id": "Asia/Tokyo", "base_url": root, **options}
        context = await browser.new_context(**given)
        page = await context.new_page()
        page.set_default_timeout(LIMIT_MS)
        watched = Watched(root, expected=(*EXPECTED, *expected))
        watched.on(page)
        try:
            yield page
        finally:
            await browser.close()
        watched.nothing_wrong()
