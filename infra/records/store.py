"""The connection to the records: migrations, transactions, and the border where database faults get their name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.config import Config
from pydantic_core import to_json
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from infra.errors import ErrorCode, ReelwearError

MIGRATIONS = Path(__file__).with_name("migrations")
SQLITE_BUSY_S = 30
SQLITE_FULL = "database or disk is full"


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Records:
    """The metadata store at a SQLAlchemy URL; safe to use from many threads."""

    def __init__(self, url: str, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)

    def migrate(self) -> None:
        """Bring the schema up to date; safe to call at each start."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or leaves nothing behind.

        Raises DISK_FULL or STORE_DOWN, both worth a retry, where the database is the cause.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as fault:
            if SQLITE_FULL in str(fault.orig):
                raise ReelwearError(
                    ErrorCode.DISK_FULL, "the disk of the records is full; free some room and it goes on by itself"
                ) from fault
            raise ReelwearError(ErrorCode.STORE_DOWN, f"the records cannot be reached: {fault.orig}") from fault
        except DBAPIError as fault:
            if fault.connection_invalidated:
                raise ReelwearError(ErrorCode.STORE_DOWN, f"the records cannot be reached: {fault.orig}") from fault
            raise

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _as_json(value: object) -> str:
    # Five times as quick as the standard library's, which an import of a large catalogue notices.
    return to_json(value, inf_nan_mode="constants").decode()


def _server_engine(url: str) -> Engine:
    return create_engine(url, pool_pre_ping=True, json_serializer=_as_json)


def _sqlite_engine(url: str) -> Engine:
    arguments = {"timeout": SQLITE_BUSY_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=arguments, json_serializer=_as_json)

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_S}000"):
            connection.execute(f"PRAGMA {pragma}")

    # A deferred transaction that turns into a write fails when another wrote in between; taking the lock first waits.
    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    return engine
