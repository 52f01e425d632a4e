"""Records ↔ the database. Rows never leave: every module here takes a connection and speaks in records.

`with store.reading() as connection: feeds.due(connection, …)`; what writes is called within `store.writing()`.
"""

from monitor.store.database import Store

__all__ = ["Store"]
