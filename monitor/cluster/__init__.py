"""Several workers on one PostgreSQL: who of them does what, and what becomes of one that stands still.

life.py     a worker's life: its signs of life, when it stops asking, when it is given up
clock.py    the database's time, which all of them go by
hosts.py    the hosts that are one worker's at a time, for polls, pages and whatever else asks them
members.py  the fleet, as those see it who poll and send (`jobs.fleet`)
worker.py   one worker: life after life
agreement.py  whether this worker runs on the config that all are to run on
README.md   a plan: what a million feeds would take

Theory of operation: `store.workers` says what a lease is. No queue beside it: what is due is a query over the feeds,
and a job would be a second truth of that, to be kept in step with the first at three writes a poll.
"""
