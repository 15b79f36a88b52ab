"""Finding one garment again: two independent views of it among views of others."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import JsonValue

from catalog_jobs.evaluate.data.class_folders import ClassPhoto
from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.data.views import Style, view_of_crop, view_of_picture
from catalog_jobs.evaluate.document import Part
from catalog_jobs.evaluate.embedders import Embedder, Vectors, embed_stream
from catalog_jobs.evaluate.measures.retrieval import instance_ranks
from catalog_jobs.evaluate.measures.samples import Rates, Samples
from catalog_jobs.evaluate.mistakes import instance_misses
from serve_app.models.pictures import Image

STYLE_PAIRS: Final[tuple[tuple[Style, Style], ...]] = (
    ("white", "photo"),
    ("photo", "white"),
    ("white", "hidden"),
    ("photo", "hidden"),
)
TOP: Final = (1, 5)


@dataclass(frozen=True)
class Source:
    """A thing of which views can be made. unit: the photo that it is drawn with. garment: what it shows."""

    unit: str
    garment: str
    view: Callable[[np.random.Generator], Image]


def sources_of_crops(crops: Sequence[Crop], style: Style = "grey") -> list[Source]:
    """Garments of photos, in one style."""

    def source(crop: Crop) -> Source:
        return Source(crop.photo, crop.garment, lambda rng: view_of_crop(crop, style, rng))

    return [source(crop) for crop in crops]


def sources_of_photos(photos: Sequence[ClassPhoto]) -> list[Source]:
    """Pictures of class folders, read again for every view."""

    def source(photo: ClassPhoto) -> Source:
        return Source(photo.key, photo.key, lambda rng: view_of_picture(photo.read(), rng))

    return [source(photo) for photo in photos]


@dataclass(frozen=True)
class Pool:
    """Distractors: their vectors (M×D), the garments they show, and how many different sources they were made from."""

    vectors: Vectors
    garments: tuple[str, ...]
    distinct: int


def measure_instances(
    embedder: Embedder, crops: Sequence[Crop], photos: Sequence[ClassPhoto], n_distractors: int, seed: int
) -> Part:
    """recall@1 and @5 of garments of photos (`instance`), of pictures of class folders (`instance_class_photos`), and
    of garments across styles (`across_styles.<one>_to_<other>`), each among as many distractors.
    """
    samples: dict[str, Samples] = {}
    of_crops, of_photos = sources_of_crops(crops), sources_of_photos(photos)
    pool = make_pool(embedder, [*of_crops, *of_photos], n_distractors, pool_generator(seed))
    own = recalls(embedder, "instance", of_crops, of_crops, pool, n_distractors, seed)
    samples |= own.samples
    samples |= recalls(embedder, "instance_class_photos", of_photos, of_photos, pool, n_distractors, seed).samples
    distinct: dict[str, JsonValue] = {"instance": pool.distinct}
    pools: dict[Style, Pool] = {}
    for one, other in STYLE_PAIRS if crops else ():
        targets = sources_of_crops(crops, other)
        if other not in pools:
            pools[other] = make_pool(embedder, targets, n_distractors, np.random.default_rng([seed, 1 + len(pools)]))
        name = f"across_styles.{one}_to_{other}"
        distinct[name] = pools[other].distinct
        queries = sources_of_crops(crops, one)
        samples |= recalls(embedder, name, queries, targets, pools[other], n_distractors, seed).samples
    details: dict[str, JsonValue] = {"distractors": n_distractors, "seed": seed, "distinct_sources": distinct}
    return Part(samples, {"instance": {**details, "misses": own.details.get("misses", [])}})


def pool_generator(seed: int) -> np.random.Generator:
    """What the first pool is drawn and viewed by."""
    return np.random.default_rng([seed, 0])


def views_generator(seed: int) -> np.random.Generator:
    """What the queries, and after them the targets, are viewed by."""
    return np.random.default_rng([seed, 100])


def make_pool(embedder: Embedder, sources: Sequence[Source], n_distractors: int, rng: np.random.Generator) -> Pool:
    """Views of the sources that `pool_sources` gives."""
    wanted = pool_sources(sources, n_distractors, rng)
    vectors = embed_stream(embedder, (source.view(rng) for source in wanted))
    return Pool(vectors, tuple(source.garment for source in wanted), min(len(sources), len(wanted)))


def pool_sources(sources: Sequence[Source], n_distractors: int, rng: np.random.Generator) -> list[Source]:
    """Enough that any garment has N of others: the sources in random order, again and again."""
    pieces = Counter(source.garment for source in sources)
    if len(pieces) < 2:
        raise ValueError("there is only one garment to look for; give more photos or class folders")
    most = max(pieces.values())
    rounds = -(-n_distractors // (len(sources) - most))
    order = [source for _ in range(rounds) for source in shuffled(sources, rng)]
    return order[: n_distractors + rounds * most]


def shuffled(sources: Sequence[Source], rng: np.random.Generator) -> list[Source]:
    """The sources in random order."""
    return [sources[index] for index in rng.permutation(len(sources))]


def recalls(
    embedder: Embedder,
    name: str,
    queries: Sequence[Source],
    targets: Sequence[Source],
    pool: Pool,
    n_distractors: int,
    seed: int,
) -> Part:
    """recall@1 and @5 of a view of each query against another one of the target at its position; none without any."""
    if not queries:
        return Part()
    rng = views_generator(seed)
    asked = embed_stream(embedder, (source.view(rng) for source in queries))
    right = embed_stream(embedder, (source.view(rng) for source in targets))
    garments = [source.garment for source in queries]
    ranks = instance_ranks(asked, right, garments, pool.vectors, pool.garments, n_distractors)
    units = [source.unit for source in queries]
    misses = instance_misses(asked, ranks, garments, pool.vectors, pool.garments, n_distractors)
    return Part({f"{name}.recall_at_{k}": Rates.gather("photo", units, ranks <= k) for k in TOP}, {"misses": misses})
