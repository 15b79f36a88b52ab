"""Finding garments by words: precision of the first five, and the measures of Marqo's fashion tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import JsonValue

from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.document import Part, bins_as_json
from catalog_jobs.evaluate.embedders import Embedder, Vectors
from catalog_jobs.evaluate.measures.reliability import bins_of, sigmoid
from catalog_jobs.evaluate.measures.retrieval import Found, look_up
from catalog_jobs.evaluate.measures.samples import Binned, Rates, Samples
from catalog_jobs.evaluate.mistakes import search_mistakes
from catalog_jobs.evaluate.prompts import garment_text

FIRST: Final = 5
RANKS: Final = (1, FIRST, 10)
SEED: Final = 11


@dataclass(frozen=True)
class Query:
    """What is asked for: a type, a colour, or both."""

    kind: str | None
    color: str | None

    @property
    def text(self) -> str:
        """The words of the query."""
        return garment_text(self.kind, self.color)

    @property
    def group(self) -> str:
        """Which of the three kinds of queries it is."""
        return "type_color" if self.kind and self.color else "type" if self.kind else "color"

    def fits(self, crop: Crop) -> bool:
        """Whether a garment is what is asked for."""
        return self.kind in (None, crop.type) and self.color in (None, crop.color)


def queries_for(crops: Sequence[Crop]) -> list[Query]:
    """Every type, colour, and type with colour among the garments, the frequent ones first within each kind."""
    types = Counter(crop.type for crop in crops)
    colors = Counter(crop.color for crop in crops if crop.color)
    both = Counter((crop.type, crop.color) for crop in crops if crop.color)
    return [
        *(Query(kind, None) for kind, _ in types.most_common()),
        *(Query(None, color) for color, _ in colors.most_common()),
        *(Query(kind, color) for (kind, color), _ in both.most_common()),
    ]


def measure_search(embedder: Embedder, crops: Sequence[Crop], vectors: Vectors, prefix: str) -> Part:
    """Search of garments (vectors N×D) by words; measures are named `<prefix>.…`.

    P@5 is over queries that five garments or more fit; Marqo's measures are over all: the categories' P@1, and
    recall and reciprocal rank of the texts that name colour and type, each text once.
    """
    queries = queries_for(crops)
    texts = embedder.embed_texts([query.text for query in queries])
    fits = [np.array([query.fits(crop) for crop in crops]) for query in queries]
    found = [look_up(text, vectors, fit, RANKS) for text, fit in zip(texts, fits, strict=True)]
    samples: dict[str, Samples] = {}
    listed: list[JsonValue] = []
    for group in ("type", "color", "type_color"):
        asked = [
            (query, seen)
            for query, fit, seen in zip(queries, fits, found, strict=True)
            if query.group == group and fit.sum() >= FIRST
        ]
        samples[f"{prefix}.p_at_5.{group}"] = Rates.gather(
            "query", [query.text for query, _ in asked], [seen.precision_at[FIRST] for _, seen in asked]
        )
    for query, fit, seen in zip(queries, fits, found, strict=True):
        listed.append(
            {"text": query.text, "kind": query.group, "relevant": int(fit.sum()), "p_at_5": seen.precision_at[FIRST]}
        )
    samples |= marqo_samples(queries, found, prefix)
    mistakes = search_mistakes([query.text for query in queries], texts, vectors, fits, FIRST)
    details: dict[str, JsonValue] = {
        "garments": len(crops),
        "queries": listed,
        "asked_from": FIRST,
        "mistakes": mistakes,
    }
    return Part(samples, {prefix: details})


def marqo_samples(queries: Sequence[Query], found: Sequence[Found], prefix: str) -> dict[str, Samples]:
    """Marqo's measures: https://huggingface.co/Marqo/marqo-fashionCLIP, "Benchmark Results"."""
    categories = [(query.text, seen) for query, seen in zip(queries, found, strict=True) if query.group == "type"]
    texts = [(query.text, seen) for query, seen in zip(queries, found, strict=True) if query.group == "type_color"]
    names = [text for text, _ in texts]
    return {
        f"{prefix}.category_to_product.p_at_1": Rates.gather(
            "query", [text for text, _ in categories], [seen.precision_at[1] for _, seen in categories]
        ),
        f"{prefix}.text_to_product.recall_at_1": Rates.gather("query", names, [seen.recall_at[1] for _, seen in texts]),
        f"{prefix}.text_to_product.recall_at_10": Rates.gather(
            "query", names, [seen.recall_at[10] for _, seen in texts]
        ),
        f"{prefix}.text_to_product.mrr": Rates.gather("query", names, [1 / seen.rank for _, seen in texts]),
    }


def measure_words_fit(embedder: Embedder, crops: Sequence[Crop], vectors: Vectors) -> Part:
    """Whether the chance that words fit a garment comes true: of each garment with the words of all
    (`words_fit.ece`, few true), and with its own and one other garment's (`words_fit_half.ece`, half true).
    Nothing is measured where nothing was fitted.
    """
    fit = embedder.words
    named = [(crop, row) for crop, row in zip(crops, vectors, strict=True) if crop.color]
    texts = sorted({garment_text(crop.type, crop.color) for crop, _ in named})
    if fit is None or len(texts) < 2:
        return Part()
    cosines = np.stack([row for _, row in named]) @ embedder.embed_texts(texts).T
    chances = sigmoid(fit.scale * cosines + fit.bias)
    own = np.array([texts.index(garment_text(crop.type, crop.color)) for crop, _ in named])
    others = (own + np.random.default_rng(SEED).integers(1, len(texts), len(own))) % len(texts)
    rows = np.arange(len(own))
    photos = [crop.photo for crop, _ in named]
    halves = Binned.gather(
        "photo",
        [*photos, *photos],
        np.concatenate([chances[rows, own], chances[rows, others]]),
        np.repeat([True, False], len(own)),
    )
    is_own = np.zeros(chances.shape, np.bool_)
    is_own[rows, own] = True
    every = Binned.gather("photo", [photo for photo in photos for _ in texts], chances.ravel(), is_own.ravel())
    return Part(
        {"words_fit.ece": every, "words_fit_half.ece": halves},
        {
            "words_fit": {
                "scale": fit.scale,
                "bias": fit.bias,
                "texts": len(texts),
                "bins": bins_as_json(bins_of(every)),
            },
            "words_fit_half": {"bins": bins_as_json(bins_of(halves))},
        },
    )
