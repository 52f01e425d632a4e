"""The long run of a fleet: `python tests/fleet.py --kills 500` prints what was lost, and what came again.

Exit status 1 says that a promise was broken.
"""

import argparse
import asyncio
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from random import Random
from shutil import copy
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent / "support"))

from databases import Databases
from proof.fleet import LEASE_S, Fleet, Outcome
from proof.receivers import EVERY_TYPE
from servers.postgresql import new_server, remove

WORKERS = 3
POLLS, BETWEEN_S = 4, 1.5
"""So many requests to hosts, and then so long at most, lie between two strikes: there is work to be cut off."""
LONGER_S = (0.2, 1.5)
"""How long a worker is stopped, in lengths of a lease."""
CHANGES = 0.05
"""The share of strikes after which one worker is taken away, and another added."""


async def fought(options: argparse.Namespace, folder: Path, databases: Databases) -> Outcome:
    random = Random(options.seed)
    fleet = Fleet(
        folder,
        random,
        types=options.channels,
        databases=databases,
        lease_s=options.lease_s,
        hasty=options.hasty,
    )
    strikes = ["kill"] * options.kills + ["stop"] * options.stops + ["restart"] * options.restarts
    random.shuffle(strikes)
    started = time.monotonic()
    async with fleet.begun(options.workers):
        await fleet.polled()
        for number, strike in enumerate(strikes, 1):
            if time.monotonic() - started > options.minutes * 60:
                break
            await fleet.polled(POLLS)
            await asyncio.sleep(random.uniform(0, BETWEEN_S))
            match strike:
                case "kill":
                    await fleet.kill()
                case "stop":
                    await fleet.stop(for_s=random.uniform(*LONGER_S) * options.lease_s)
                case _:
                    await fleet.restart_server()
            if random.random() < CHANGES:
                await fleet.remove()
                await fleet.add()
            if number % 25 == 0:
                print(f"{number} of {len(strikes)}, {time.monotonic() - started:.0f} s", file=sys.stderr)
        return await fleet.peace()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--kills", type=int, default=500, help="SIGKILL to a worker")
    parser.add_argument("--stops", type=int, default=200, help="SIGSTOP to a worker, later SIGCONT")
    parser.add_argument("--restarts", type=int, default=20, help="of the database's server")
    parser.add_argument(
        "--lease-s", type=float, default=LEASE_S, help="after which a silent worker is given up"
    )
    parser.add_argument("--channels", nargs="+", default=["webhook", "email", "command"], choices=EVERY_TYPE)
    parser.add_argument("--hasty", action="store_true", help="mark before sending, which must be found out")
    parser.add_argument(
        "--minutes", type=float, default=240, help="after so long there are no further strikes"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="the folder to work in, whose logs stay; it must be empty")
    options = parser.parse_args()
    server = new_server(max_connections="100", log_min_messages="error")
    try:
        with nullcontext(options.keep) if options.keep else TemporaryDirectory() as folder:
            outcome = asyncio.run(fought(options, Path(folder), Databases(server)))
    finally:
        if options.keep:
            copy(server.folder / "log", options.keep / "server-log")
        remove(server)
    print(outcome)
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
