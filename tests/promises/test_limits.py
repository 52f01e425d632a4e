"""What the process may have is read at the start: work is cut to fit, and said."""

import asyncio
import re
import resource
import subprocess
import sys

import pytest
from house import item, rss
from servers.web import reply

from monitor.jobs.limits import files_wanted, fitted
from monitor.model import Polling

LIMIT_S = 120


@pytest.mark.parametrize(
    ("files", "at_once"),
    [
        (None, 100),
        (files_wanted(100), 100),
        (files_wanted(100) - 1, 100),
        (256, 72),
        (64, 8),
        (43, 1),
        (10, 1),
    ],
)
def test_as_many_feeds_at_once_as_there_are_files_for(files, at_once):
    polling, shortage = fitted(Polling(concurrency=100), files)
    assert polling.concurrency == at_once
    assert (shortage is None) == (files is None or files >= files_wanted(100))


@pytest.mark.either("about limits of the process")
@pytest.mark.parametrize(
    ("name", "limit", "said"),
    [
        (resource.RLIMIT_NOFILE, 48, "48 open files at most, 364 are wanted: 2 feeds at once instead of 100"),
        (
            resource.RLIMIT_AS,
            900 << 20,
            "900 MiB of address space, 1024 are wanted: no large feed can be read",
        ),
    ],
    ids=["open files", "address space"],
)
async def test_a_pass_under_a_limit_says_so_and_polls_every_feed(house, web, name, limit, said):
    house.settings["alerting"]["default"] = ["console"]
    house.settings["polling"]["allow_private"] = True
    house.rule("truce", "truce")
    for number in range(4):
        house.feed(f"wire-{number}", web.on(f"/{number}", reply(200, rss(item(f"Weather {number}")))))
    house.write()
    done = await _limited(house, name, limit)
    assert done.returncode == 0, done.stderr
    assert said in done.stderr
    assert re.search(r"4 feeds polled, 0 failed; 4 new entries", done.stderr), done.stderr


async def _limited(house, name, limit):
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "monitor", "--config", house.folder, "--state", house.root / "limited",
         "run", "--once", "--all"],
        preexec_fn=lambda: resource.setrlimit(name, (limit, limit)),
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
