"""What an import must remember of all rows while it reads them, on disk, so that memory stays flat."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -65536;
    CREATE TABLE pictures (product_id TEXT NOT NULL, url TEXT NOT NULL, folder TEXT);
    CREATE TABLE seen (product_id TEXT PRIMARY KEY, place TEXT NOT NULL, is_done INTEGER NOT NULL) WITHOUT ROWID;
"""

GivenPictures = list[tuple[str, str | None]]


class Scratch:
    """The pictures of all products by id, and the ids that were seen; gone when it is closed. For one thread."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="reelwear-import-")
        self._store = sqlite3.connect(Path(self._folder.name) / "scratch.sqlite", isolation_level=None)
        self._store.executescript(SCHEMA)
        self._store.execute("BEGIN")

    def add_pictures(self, rows: Iterable[tuple[str, str, str | None]]) -> None:
        """Remember (product id, URL, folder), in order."""
        self._store.executemany("INSERT INTO pictures VALUES (?, ?, ?)", rows)

    def index_pictures(self) -> None:
        """Make them quick to find; once, after the last."""
        self._store.execute("CREATE INDEX pictures_of ON pictures (product_id)")

    def pictures_of(self, product_ids: Sequence[str]) -> dict[str, GivenPictures]:
        """URL and folder of each picture by product, in the order in which they came."""
        found: dict[str, GivenPictures] = defaultdict(list)
        marks = ", ".join("?" * len(product_ids))
        wanted = f"SELECT * FROM pictures WHERE product_id IN ({marks}) ORDER BY rowid"  # noqa: S608  marks alone
        rows = self._store.execute(wanted, product_ids)
        for product_id, url, folder in rows:
            found[product_id].append((url, folder))
        return found

    def pictures_without_product(self) -> Iterator[tuple[str, str]]:
        """Product id and URL of pictures whose product was not seen, by product."""
        yield from self._store.execute(
            "SELECT product_id, url FROM pictures WHERE product_id NOT IN (SELECT product_id FROM seen) "
            "ORDER BY product_id, rowid"
        )

    def first_place(self, product_id: str, place: str) -> str | None:
        """Where a product was seen before; None, and remembered, where this is the first time."""
        known = self._store.execute("SELECT place FROM seen WHERE product_id = ?", (product_id,)).fetchone()
        if known is None:
            self._store.execute("INSERT INTO seen VALUES (?, ?, 0)", (product_id, place))
        return None if known is None else str(known[0])

    def mark_done(self, product_ids: Iterable[str]) -> None:
        """Say that products were taken, or are not sold."""
        rows = ((product_id,) for product_id in product_ids)
        self._store.executemany("UPDATE seen SET is_done = 1 WHERE product_id = ?", rows)

    def bad_ids(self) -> Iterator[str]:
        """Products that were seen, in rows that were not taken."""
        yield from (row[0] for row in self._store.execute("SELECT product_id FROM seen WHERE is_done = 0"))

    def forget_seen(self) -> None:
        """Begin again with the products, the pictures stay."""
        self._store.execute("DELETE FROM seen")

    def close(self) -> None:
        """Leave nothing behind."""
        self._store.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
