"""The catalogue's jobs at the size of a large shop: an import of many rows, and pictures from a server beside us."""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from tests.benchmarks.catalog.plain_fetch import fetch_by_aiohttp, fetch_by_httpx
from tests.benchmarks.catalog.rows import write_shop
from tests.benchmarks.catalog.server import picture_server
from tests.benchmarks.pipeline import Figure
from tests.benchmarks.tables import table

ROWS = 100_000
IMPORT_LIMIT_S = 20.0
IMPORT_LIMIT_BYTES = 1024**3
# A real export of 969 products has 11,689 rows of pictures.
REAL_PICTURES, MORE_PICTURES = 12, 3
PICTURES = 2_000
LEAST_FETCH_RATE = 0.8
FETCH_ROUNDS = 3
IMPORTER = """
import json, resource, sys, time
from pathlib import Path
from catalog_jobs.catalog.importing import ImportOptions, import_files
from infra.records.store import Records

folder = Path(sys.argv[1])
records = Records(f"sqlite:///{folder / 'records.sqlite'}")
records.migrate()
began_s = time.perf_counter()
report = import_files(records, [folder / "products.csv"], ImportOptions(folder / "images.csv"))
seconds = time.perf_counter() - began_s
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, report.products.good]))
"""
READER = """
import csv, sys, time
began_s = time.perf_counter()
for name in sys.argv[1:]:
    with open(name, encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            pass
print(time.perf_counter() - began_s)
"""


def import_figures(folder: Path, rows: int = ROWS) -> Iterator[Figure]:
    """An import of `rows` rows in the proportion of a real catalogue, one of as many products, and what a tenth of them
    takes of memory; each in a process of its own.
    """
    real = rows // (1 + REAL_PICTURES)
    peaks: dict[int, int] = {}
    for name, count, pictures in (
        ("rows", real, REAL_PICTURES),
        ("products, a tenth", rows // 10, MORE_PICTURES),
        ("products", rows, MORE_PICTURES),
    ):
        shop = folder / name
        shop.mkdir()
        picture_rows = write_shop(shop, count, pictures)
        seconds, peaks[count], good = json.loads(_child(IMPORTER, str(shop)))
        if good != count:
            raise RuntimeError(f"{good} of {count} products were taken")
        if name == "products, a tenth":
            continue
        read_s = float(_child(READER, str(shop / "products.csv"), str(shop / "images.csv")))
        detail = f"{count:,} products, {picture_rows:,} pictures; {seconds / read_s:.0f} × reading the tables alone"
        limit = IMPORT_LIMIT_S * rows / ROWS
        yield Figure(f"import of {rows:,} {name}, seconds", seconds, f"< {limit:g}", seconds < limit, detail)
    peak = peaks[rows]
    words = f"{peak / 2**20:.0f} MiB; {peaks[rows // 10] / 2**20:.0f} MiB for a tenth of the products"
    yield Figure("import, GiB at its peak", peak / 2**30, "< 1", peak < IMPORT_LIMIT_BYTES, words)


def fetch_figures(folder: Path, count: int = PICTURES) -> Iterator[Figure]:
    """Our fetch beside plain asyncio clients with the same limits; the best of some rounds."""
    from catalog_jobs.catalog.fetching.job import fetch_pictures
    from catalog_jobs.catalog.fetching.options import FetchOptions
    from catalog_jobs.catalog.pictures import Picture

    options = FetchOptions(trusted_hosts=frozenset({"127.0.0.1"}))
    plain: dict[str, Callable[[list[str], Path, int], float]] = {"httpx": fetch_by_httpx, "aiohttp": fetch_by_aiohttp}
    rates: dict[str, list[float]] = {name: [] for name in ("ours", *plain)}
    with picture_server(folder / "served") as server:
        urls = [f"{server.url}/{number % server.pictures}?n={number}" for number in range(count)]
        pictures = [Picture(str(number // 4), number % 4, url) for number, url in enumerate(urls)]
        for turn in range(FETCH_ROUNDS):
            for name, fetch in plain.items():
                rates[name].append(count / fetch(urls, folder / f"{name}{turn}", options.at_once_per_host))
            report = fetch_pictures(pictures, folder / f"ours{turn}", options)
            if report.failed:
                raise RuntimeError(f"{report.failed} pictures failed")
            rates["ours"].append(count / report.seconds)
    ours = max(rates["ours"])
    size = f"{count:,} pictures of {server.mean_bytes / 1024:.0f} kB"
    for name in plain:
        best = max(rates[name])
        detail = f"{ours:.0f} and {best:.0f} pictures/s, {size}"
        yield Figure(
            f"fetch over {name}", ours / best, f"≥ {LEAST_FETCH_RATE}", ours / best >= LEAST_FETCH_RATE, detail
        )


def catalog_figures(rows: int = ROWS, pictures: int = PICTURES) -> Iterator[Figure]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        yield from import_figures(Path(folder), rows)
        yield from fetch_figures(Path(folder), pictures)


def _child(program: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=ROWS, help="products to import")
    arguments.add_argument("--pictures", type=int, default=PICTURES, help="pictures to fetch")
    options = arguments.parse_args()
    csv.field_size_limit(2**31 - 1)
    Console().print(table(list(catalog_figures(options.rows, options.pictures))))


if __name__ == "__main__":
    main()
