"""The catalogue's index at the size of a large shop, held against the bare model: how little reading and writing cost.

python -m tests.benchmarks.bench_catalog_index --crops 500
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.benchmarks.catalog.cut_pictures import write_cut_shop
from tests.benchmarks.pipeline import Figure
from tests.benchmarks.tables import table

CROPS = 10_000
LEAST_RATE = 0.9
# Of the peak with a tenth of the products.
FLAT = 1.15
# Pictures, and texts, that the bare model has in each of its two turns, before and after.
TURN = 256
INDEXER = """
import json, resource, sys, time
from itertools import islice
from pathlib import Path
from catalog_jobs.catalog.indexing.crops import read_crop
from catalog_jobs.catalog.indexing.here import ModelChoice
from catalog_jobs.catalog.indexing.job import index_catalog
from catalog_jobs.catalog.indexing.threads import Threads
from catalog_jobs.catalog.store import products_in
from infra.records.store import Records

folder, turn, batch = Path(sys.argv[1]), int(sys.argv[2]), 16
embedder = ModelChoice("embedded", 0, batch).load()
crops = [read_crop(path).on_grey() for path in sorted((folder / "pictures").rglob("*_bbox.jpg"))[:turn]]
records = Records(f"sqlite:///{folder / 'records.sqlite'}")
words = [product.words for product, _ in islice(products_in(records), turn)]
bare = []

def bare_loop():
    began_s = time.perf_counter()
    for at in range(0, len(crops), batch):
        embedder.embed_images(crops[at : at + batch])
    images_s = time.perf_counter() - began_s
    for at in range(0, len(words), batch):
        embedder.embed_texts(words[at : at + batch])
    bare.append((images_s / len(crops), (time.perf_counter() - began_s - images_s) / len(words)))

bare_loop()
bare.clear()  # the first passes make the runtime's memory ready
bare_loop()
began_s = time.perf_counter()
line = Threads(embedder, "here", batch, 1)
report = index_catalog(records, folder / "pictures", line)
took_s = time.perf_counter() - began_s
bare_loop()
images_s, texts_s = (sum(one[place] for one in bare) / len(bare) for place in (0, 1))
ideal_s = report.embedded.images * images_s + report.embedded.texts * texts_s
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([report.embedded.images, report.embedded.texts, took_s, ideal_s, peak, report.failed]))
"""


def index_figures(folder: Path, crops: int = CROPS) -> Iterator[Figure]:
    """An index of `crops` pictures and half as many texts in one process, beside the model over what is read already
    (before and after, in that process, warm); and its memory beside that of a tenth of it.
    """
    peaks: dict[int, int] = {}
    for count in (max(2, crops // 10), crops):
        shop = folder / str(count)
        write_cut_shop(shop, count)
        images, texts, took_s, ideal_s, peaks[count], failed = json.loads(
            subprocess.run(
                [sys.executable, "-c", INDEXER, str(shop), str(min(TURN, max(2, crops // 10)))],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        if failed or images != count:
            raise RuntimeError(f"{failed} of {count} crops failed, {images} were embedded")
    ratio = ideal_s / took_s
    detail = f"{images:,} crops and {texts:,} texts in {took_s:.1f} s, {(images + texts) / took_s:.1f}/s"
    yield Figure("index over the bare model", ratio, f"≥ {LEAST_RATE}", ratio >= LEAST_RATE, detail)
    small, large = (peaks[count] for count in sorted(peaks))
    words = f"{large / 2**20:.0f} MiB; {small / 2**20:.0f} MiB for a tenth of the products"
    yield Figure("index, memory over a tenth's", large / small, f"< {FLAT}", large < FLAT * small, words)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--crops", type=int, default=CROPS, help="cut-outs to embed; half as many texts")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Console().print(table(list(index_figures(Path(folder), options.crops))))


if __name__ == "__main__":
    main()
