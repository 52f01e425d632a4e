"""The long run: `python tests/campaign.py --kills 1000` prints what was lost and repeated.

Exit status 1 says that a promise was broken. A seed makes the same kills again, though not the same moments.
"""

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent / "support"))

from databases import KINDS, Databases
from proof.campaign import RANDOM, Campaign, Outcome
from proof.lives import MOMENTS
from proof.receivers import EVERY_TYPE
from servers.postgresql import new_server, remove

SERVER_TOO = 0.5
"""The share of kills at random before which the server is killed."""


def points(types: list[str], named: int) -> list[str]:
    """Every moment of a delivery on every channel, `named` times."""
    every = [f"{moment} {name}" for moment in MOMENTS for name in types]
    return list(islice(cycle(every), named * len(every)))


async def fought(options: argparse.Namespace, folder: Path, databases: Databases | None) -> Outcome:
    random = Random(options.seed)
    campaign = Campaign(folder, random, types=options.channels, databases=databases)
    ends = [RANDOM] * options.kills + points(options.channels, options.named)
    random.shuffle(ends)
    started = time.monotonic()
    async with campaign.begun():
        for number, end in enumerate(ends, 1):
            if time.monotonic() - started > options.minutes * 60:
                break
            server = databases is not None and end == RANDOM and random.random() < SERVER_TOO
            await campaign.kill(end, hasty=options.hasty, server=server)
            if number % options.rest == 0:
                await campaign.rest()
            if number % 50 == 0:
                print(f"{number} of {len(ends)} kills, {time.monotonic() - started:.0f} s", file=sys.stderr)
        return await campaign.peace()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="at random moments")
    parser.add_argument(
        "--named", type=int, default=1, help="times that each named point of each channel is met"
    )
    parser.add_argument("--channels", nargs="+", default=list(EVERY_TYPE), choices=EVERY_TYPE)
    parser.add_argument(
        "--database", choices=KINDS, default="sqlite", help="of PostgreSQL the server is killed too"
    )
    parser.add_argument(
        "--rest", type=int, default=25, help="so many kills from one life that may send all to the next"
    )
    parser.add_argument("--hasty", action="store_true", help="mark before sending, which must be found out")
    parser.add_argument("--minutes", type=float, default=240, help="after so long there are no further kills")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        databases = None
        if options.database == "postgresql":
            server = new_server()
            stack.callback(remove, server)
            databases = Databases(server)
        outcome = asyncio.run(fought(options, Path(folder), databases))
    print(outcome)
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
