"""The pages of entries: which are wanted, what follows from one that was read, and from one that was not.

    entry ─► wish ─► (queue) ─► (fetch, extract) ─► plan ─► the entry, matched again
                                      └► failure: again later, or given up

Pure. `model.Page` is a row of the queue.
"""
