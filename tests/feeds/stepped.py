"""Time limits that a test moves: however busy the machine, as many steps fit into one."""

import asyncio


class SteppedLoop(asyncio.SelectorEventLoop):
    """Its time goes on by itself, and by as much as a test says."""

    ahead_s = 0.0

    def time(self):
        return super().time() + self.ahead_s


def stepped(test):
    """Runs a coroutine function of a test's in such a loop; what it returned."""
    with asyncio.Runner(loop_factory=SteppedLoop) as runner:
        return runner.run(test())


async def settled():
    """Everything that can go on has gone on until it waits for a server or a place."""
    for _ in range(200):
        await asyncio.sleep(0)
