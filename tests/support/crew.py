"""Workers as processes on one database: started, stopped, frozen, killed; each with a state folder of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

PATIENCE_S = 60.0


class Crew:
    """Of a house whose database is on a server."""

    def __init__(self, house):
        self.house = house
        self.workers = {}

    def start(self, name, *command):
        """A worker of that name; its log lies in `log(name)`."""
        state = self.house.root / f"state-{name}"
        state.mkdir(exist_ok=True)
        arguments = command or ("cluster", "worker", "--name", name)
        with self.path(name).open("ab") as log:
            self.workers[name] = subprocess.Popen(
                [sys.executable, "-m", "monitor", "--config", self.house.folder, "--state", state, *arguments],
                stdout=log, stderr=log, env=os.environ | {"XDG_STATE_HOME": str(state)},
            )  # fmt: skip
        return self.workers[name]

    def path(self, name):
        return self.house.root / f"{name}.log"

    def log(self, name):
        return self.path(name).read_text(errors="replace")

    def send(self, name, number):
        self.workers[name].send_signal(number)

    def ends(self, name):
        """How it ended."""
        return self.workers.pop(name).wait(PATIENCE_S)

    def close(self):
        for process in self.workers.values():
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


async def until(holds, *, within=PATIENCE_S, why="it never came to that"):
    """What it returns as soon as that is true; looks often."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := holds():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(why() if callable(why) else why)


@contextmanager
def crew_of(house):
    crew = Crew(house)
    try:
        yield crew
    finally:
        crew.close()
