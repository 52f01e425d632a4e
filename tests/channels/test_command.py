"""Programs that are told: what they get, and what becomes of them."""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import ValidationError
from samples.messages import ARABIC, HOSTILE_TITLES, LATIN, message, titled

from monitor.channels import open_channel
from monitor.channels.command import CommandOptions
from monitor.channels.payload import payload
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Channel


def command(surroundings, *words, **options):
    made = CommandOptions.model_validate({"command": words} | options)
    return open_channel(Channel(id="desk", type="command", options=made), surroundings)


def shell(surroundings, script, folder, **options):
    return command(surroundings, "/bin/sh", "-c", script, "desk", str(folder), **options)


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
async def test_a_program_gets_what_a_webhook_gets_and_no_shell_reads_it(surroundings, tmp_path, title):
    sent = titled(title)
    await shell(surroundings, 'cat >"$1/got"', tmp_path).send(sent, recipient="")
    assert json.loads((tmp_path / "got").read_bytes()) == json.loads(json.dumps(payload(sent)))


async def test_a_program_gets_its_own_variables_and_no_others(surroundings, tmp_path, monkeypatch):
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    channel = shell(surroundings, 'env >"$1/env"', tmp_path, environment={"TOKEN": "x y"})
    await channel.send(message(ARABIC), recipient="")
    lines = (tmp_path / "env").read_text().splitlines()
    assert "TOKEN=x y" in lines
    assert f"PATH={os.environ['PATH']}" in lines
    assert "hunter2" not in "".join(lines)


async def test_what_it_complains_of_is_quoted_by_its_last_line(surroundings, tmp_path):
    script = "head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo ' no \033[31mpaper' >&2; exit 1"
    with pytest.raises(ChannelError, match=r"sh ended with status 1: no \[31mpaper$") as caught:
        await shell(surroundings, script, tmp_path).send(message(ARABIC), recipient="")
    assert str(caught.value).isprintable()


def gone(folder: Path) -> bool:
    """Whether what the program left in the background has ended: nobody holds the other end of its pipe."""
    return (folder / "fifo").read_bytes() == b""


@pytest.mark.parametrize(
    ("end", "limit_s", "reason"), [("wait", 2, ChannelReason.UNKNOWN), ("exit 1", 60, ChannelReason.PROGRAM)]
)
async def test_what_a_program_started_ends_with_it(surroundings, tmp_path, end, limit_s, reason):
    os.mkfifo(tmp_path / "fifo")
    reader = asyncio.create_task(asyncio.to_thread(gone, tmp_path))
    script = f'exec 3>"$1/fifo"; sleep 600 & exec 3>&-; {end}'
    async with asyncio.timeout(60):
        with pytest.raises(ChannelError) as caught:
            await shell(surroundings, script, tmp_path, timeout=limit_s).send(message(ARABIC), recipient="")
        assert await reader
    assert caught.value.reason is reason


async def test_a_missing_program_is_tried_again(surroundings):
    with pytest.raises(ChannelError, match="notify cannot be started: No such file") as caught:
        await command(surroundings, "/nowhere/notify").send(message(ARABIC), recipient="")
    assert not caught.value.permanent


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to find them by")
@pytest.mark.parametrize("ending", ["exit 0", "exit 1", "sleep 600"])
async def test_what_left_the_programs_group_is_ended_too(surroundings, tmp_path, ending):
    pid = str(tmp_path / "pid")
    begin = f"import os; open({pid!r}, 'w').write(str(os.getpid())); os.execlp('sleep', 'sleep', '600')"
    script = f'setsid "{sys.executable}" -c "$2" & while [ ! -s "$1/pid" ]; do sleep 0.05; done; {ending}'
    channel = command(surroundings, "/bin/sh", "-c", script, "desk", str(tmp_path), begin, timeout=5)
    with suppress(ChannelError):
        await channel.send(message(LATIN), recipient="")
    stray = Path("/proc") / (tmp_path / "pid").read_text()
    async with asyncio.timeout(
        20
    ):  # it was told to end; nobody waits for it but init, which may take its time
        while stray.exists() and "(sleep) Z" not in (stray / "stat").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0)


@pytest.mark.parametrize("program", ["/usr/sbin/sendmail", "msmtp", "/usr/bin/mailx", "/usr/sbin/exim4"])
def test_a_mail_program_is_refused_with_what_is_meant(program):
    with pytest.raises(ValidationError, match=r"JSON, not a mail: write type = \"email\""):
        CommandOptions.model_validate({"command": [program, "-t"]})
    CommandOptions.model_validate({"command": ["/usr/local/bin/to-sendmail", "sendmail"]})
