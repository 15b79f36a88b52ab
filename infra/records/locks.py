"""Work over the records that one process at a time may do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import func, make_url, select

from infra.errors import ErrorCode, ReelwearError
from infra.locks import holding
from infra.records.store import Records


@contextmanager
def alone(records: Records, work: str) -> Iterator[None]:
    """Hold some work (`catalogue import`) until the end of the block or of the process, whichever comes first.

    SQLite: a locked file beside the database; PostgreSQL: an advisory lock of the session. Raises ALREADY_RUNNING where
    another process does the same work over the same records.
    """
    with _file(records, work) if records.is_sqlite else _advisory(records, work) as is_ours:
        if not is_ours:
            message = f"another {work} works on these records; wait until it has ended, or stop it, and start again"
            raise ReelwearError(ErrorCode.ALREADY_RUNNING, message)
        yield


@contextmanager
def _file(records: Records, work: str) -> Iterator[bool]:
    database = make_url(records.url).database
    if not database or database == ":memory:":
        yield True
        return
    with holding(Path(f"{database}.{work.replace(' ', '-')}.lock")) as is_ours:
        yield is_ours


@contextmanager
def _advisory(records: Records, work: str) -> Iterator[bool]:
    number = crc32(f"reelwear {work}".encode())
    with records.engine.connect() as connection:
        yield bool(connection.scalar(select(func.pg_try_advisory_lock(number))))
        connection.execute(select(func.pg_advisory_unlock(number)))
