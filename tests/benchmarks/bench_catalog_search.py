"""A search over a catalogue of 20,000 vectors in the local stores, without the embedding of what is searched for."""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console

from functions.search.meaning import Meaning
from functions.search.product_query import ProductQuery
from functions.search.products import search_products
from functions.services import Services, open_services
from functions.tagging.color_names import BASIC_COLORS
from functions.tagging.taxonomy import TYPES_BY_NAME
from infra.records.tables import CatalogIndex, ProductRow, ProductVectorRow
from infra.settings import Settings, StackSettings
from infra.vectors import Point
from serve_app.contract import Cutoffs, Vector, WordFit
from tests.benchmarks.pipeline import Figure
from tests.benchmarks.tables import table

EMBEDDER = "drawn@1"
DIMENSION = 384
PICTURES_A_PRODUCT = 3
ROUNDS = 200
LIMIT_MS = 15.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MEANING = Meaning(
    EMBEDDER, {"default": Cutoffs(exact=0.8, similar=0.6, same=0.9, unrelated=0.2)}, WordFit(scale=23, bias=-6.5)
)

Kind = Literal["image", "text"]


@dataclass(frozen=True)
class Drawn:
    """A vector about the direction of a colour and a type, and a product of that description."""

    directions: dict[str, Vector]
    chance: np.random.Generator

    def vector(self, words: str) -> Vector:
        """Of a text or picture that shows what the words say."""
        about = sum((self.directions[word] for word in words.split() if word in self.directions), np.zeros(DIMENSION))
        noise = self.chance.normal(size=DIMENSION) * 0.03
        vector = np.asarray(about + noise, np.float32)
        return vector / np.linalg.norm(vector)


class DrawnEmbedder:
    """An embedder that takes no time."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn

    def meaning(self) -> Meaning:
        return MEANING

    def words(self, texts: Sequence[str]) -> list[Vector]:
        return [self.drawn.vector(text) for text in texts]

    def picture(self, data: bytes) -> Vector:
        return self.drawn.vector(data.decode())


def drawn_world(seed: int = 0) -> Drawn:
    """Directions of all colours and types."""
    chance = np.random.default_rng(seed)
    names = [*BASIC_COLORS, *TYPES_BY_NAME]
    return Drawn({name: chance.normal(size=DIMENSION) / DIMENSION**0.5 for name in names}, chance)


def fill(services: Services, drawn: Drawn, products: int) -> int:
    """Products with a text and some pictures each, in the records and the vector store; how many vectors."""
    points: list[Point] = []
    colors, types = list(BASIC_COLORS), list(TYPES_BY_NAME)
    services.vectors.ensure("products", EMBEDDER, DIMENSION, names=("image", "text"))
    with services.records.transaction() as session:
        fit = {
            "cutoffs": {name: one.model_dump() for name, one in MEANING.cutoffs.items()},
            "words": {"scale": 23, "bias": -6.5},
        }
        session.add(
            CatalogIndex(
                embedder=EMBEDDER, dimension=DIMENSION, state="live", revision=1, fit=fit, counts={}, started_at=NOW
            )
        )
        for number in range(products):
            color, kind = colors[number % len(colors)], types[number // 7 % len(types)]
            row = product(f"p{number:05d}", color, kind, Decimal(number % 200))
            session.add(row)
            parts: list[tuple[Kind, str]] = [("text", "text")]
            parts += [("image", f"{number:08x}{picture:02x}") for picture in range(PICTURES_A_PRODUCT)]
            for name, part in parts:
                vector = drawn.vector(f"{color} {kind}")
                session.add(vector_row(row.product_id, part, name, color, kind, vector))
                points.append(Point(row.product_id, part, vector, {"types": [kind], "color": color}, name))
    for start in range(0, len(points), 1000):
        services.vectors.upsert("products", EMBEDDER, points[start : start + 1000])
    return len(points)


def product(product_id: str, color: str, kind: str, price: Decimal) -> ProductRow:
    """A row of the catalogue."""
    empty: dict[str, Any] = {
        "description": "",
        "product_type": "",
        "alias": "",
        "words": "",
        "words_hash": "",
        "row_hash": "",
    }
    return ProductRow(
        **empty, product_id=product_id, title=f"{color} {kind}", types=[kind], price=price, currency="EUR", tags=[],
        collections=[], facets={}, color_name=color, color_basic=color, vector_state="stored", import_id=1,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def vector_row(product_id: str, part: str, name: str, color: str, kind: str, vector: Vector) -> ProductVectorRow:
    """A row of a vector."""
    return ProductVectorRow(
        embedder=EMBEDDER, product_id=product_id, part=part, kind=name, types=[kind], color_basic=color,
        source_hash="", vector=vector.astype("<f4").tobytes(), state="stored", updated_at=NOW,
    )  # fmt: skip


QUERIES = {
    "words": {"text": "red skirt"},
    "words, a colour and a price": {"text": "skirt", "color": "red", "max_price": "80"},
    "words without others": {"text": "red skirt", "without": ["pants"]},
    "more like a product": {"product": "p00500"},
    "a picture": {},
    "words and a picture": {"text": "red"},
}


def search_figures(folder: Path, products: int = 5000, rounds: int = ROUNDS) -> Iterator[Figure]:
    """The middle time of each sort of query."""
    services = open_services(Settings(stack=StackSettings(data_dir=folder)), spare_decoders=0)
    try:
        drawn = drawn_world()
        vectors = fill(services, drawn, products)
        embedder = DrawnEmbedder(drawn)
        for name, fields in QUERIES.items():
            query = ProductQuery.model_validate(fields)
            picture = b"blue dress" if "picture" in name else None
            times_ms = []
            for _ in range(rounds + 3):
                began_s = time.perf_counter()
                answer = search_products(services, embedder, query, picture)
                times_ms.append(1000 * (time.perf_counter() - began_s))
            if not answer.hits:
                raise RuntimeError(f"{name} found nothing")
            warm = sorted(times_ms[3:])
            p50, p95 = statistics.median(warm), warm[int(0.95 * len(warm))]
            detail = f"p95 {p95:.1f} ms, first {times_ms[0]:.0f} ms; {vectors:,} vectors, {rounds} rounds"
            yield Figure(f"search by {name}, p50 in ms", p50, f"< {LIMIT_MS:g}", p50 < LIMIT_MS, detail)
    finally:
        services.close()


def main() -> None:
    """Print a table, or with --json the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=5000, help="how many, of four vectors each")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = list(search_figures(Path(folder), arguments.products))
    if arguments.json:
        print(json.dumps([vars(figure) for figure in figures]))
    else:
        Console().print(table(figures))


if __name__ == "__main__":
    main()
