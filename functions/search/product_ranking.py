"""Products put in order by their parts, and which of them fit; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from functions.document import MatchType
from functions.search.chances import Floats, WordsFit, chance
from functions.search.color_words import color_odds
from functions.search.parts import Parts, ProductFacts
from functions.search.query import LIKELY
from functions.search.wanted import Wanted
from serve_app.contract import Vector


@dataclass(frozen=True)
class Ranked:
    """A product in its place. row: of its nearest part. image, text: cosines with what is searched for. fits: whether
    it is worth a look.
    """

    product_id: str
    score: float
    row: int
    image: float | None
    text: float | None
    confidence: float | None
    match: MatchType | None
    fits: bool


def ranked(
    parts: Parts,
    facts: Sequence[ProductFacts],
    wanted: Wanted,
    fit: WordsFit,
    phrases: WordsFit,
    threshold: float | None,
    colors: frozenset[str] = frozenset(),
) -> list[Ranked]:
    """The products of `parts` in order, the best first; facts: of each of them, in the order of `ids`. fit: for the
    wanted words. phrases: for what is unwanted, said beside what is wanted. colors: what the wanted words name.

    By words alone the order is how likely they fit, by the best picture and the text together. A picture is compared
    with pictures alone, so that products without one are left away. Only a threshold of 0 lets in what is unwanted.
    """
    image, image_row = parts.nearest(wanted.vector, is_text=False)
    text, text_row = parts.nearest(wanted.vector, is_text=True)
    row = np.where(image_row >= 0, image_row, text_row)
    is_there = (image_row if wanted.picture is not None else row) >= 0
    order, told = np.full(len(parts.ids), -np.inf), color_odds(facts, colors)
    if wanted.picture is None:
        order[is_there] = fit.order(image[is_there], text[is_there], told[is_there])
    else:
        order[is_there] = image[is_there]
    likeness = image if wanted.picture is None else parts.nearest(wanted.picture, is_text=False)[0]
    chances = chances_of(parts, wanted, fit, told).tolist()
    is_unwanted = unwanted_of(parts, wanted, phrases).tolist()

    images, texts, alikes, rows = image.tolist(), text.tolist(), likeness.tolist(), row.tolist()

    def one(place: int) -> Ranked:
        score = texts[place] if isnan(images[place]) else images[place]
        garment_type = next(iter(facts[place].types), None)
        confidence = _number(chances[place])
        may_fit = threshold == 0 or not is_unwanted[place]
        return Ranked(
            product_id=parts.ids[place],
            score=score,
            row=rows[place],
            image=_number(images[place]),
            text=_number(texts[place]),
            confidence=confidence,
            match=wanted.match_of(alikes[place], garment_type),
            fits=may_fit and passes(wanted, score, confidence, alikes[place], garment_type, threshold),
        )

    places = sorted(np.flatnonzero(is_there).tolist(), key=lambda place: (-order[place], parts.ids[place]))
    return [one(place) for place in places]


def passes(
    wanted: Wanted,
    score: float,
    confidence: float | None,
    alike: float,
    garment_type: str | None,
    threshold: float | None,
) -> bool:
    """Whether a product is worth a look; see `ProductQuery.threshold`.

    Without a threshold, words have to fit with the chance LIKELY, or pictures to be more alike than two garments of
    one type taken at random; of both, one is enough. What nothing was fitted for passes.
    """
    if threshold == 0:
        return True
    if wanted.picture is None:
        return confidence is None or confidence >= (LIKELY if threshold is None else threshold)
    if threshold is not None:
        return score >= threshold
    cutoffs = wanted.meaning.cutoffs_of(garment_type)
    is_alike = cutoffs is None or alike >= cutoffs.unrelated
    return is_alike or (confidence is not None and confidence >= LIKELY)


def chances_of(parts: Parts, wanted: Wanted, fit: WordsFit, told: Floats) -> Floats:
    """For each product the chance that the wanted words fit; NaN without words, and where it cannot be said. told: what
    its colour adds to the log odds.
    """
    if wanted.words is None:
        return np.full(len(parts.ids), np.nan)
    every = odds_of(parts, wanted.words, fit) + told
    return np.array([np.nan if np.isnan(odds) else chance(float(odds)) for odds in every])


def unwanted_of(parts: Parts, wanted: Wanted, fit: WordsFit) -> NDArray[np.bool_]:
    """Which products are likely what is not wanted, and likelier so than without these words.

    "floral" is held against "red dress" as "floral red dress": alone it would say little of any garment.
    """
    found = np.zeros(len(parts.ids), np.bool_)
    if not wanted.unwanted:
        return found
    plain = None if wanted.named is None else odds_of(parts, wanted.named, fit)
    for one in wanted.unwanted:
        told = odds_of(parts, one.vector if one.beside is None else one.beside, fit)
        likely = np.nan_to_num(told, nan=-np.inf) >= np.log(LIKELY / (1 - LIKELY))
        found |= likely if plain is None else likely & (told > plain)
    return found


def odds_of(parts: Parts, words: Vector, fit: WordsFit) -> Floats:
    """For each product how likely words fit, as log odds."""
    image, text = (parts.nearest(words, is_text)[0] for is_text in (False, True))
    return fit.log_odds(image, text)


def _number(value: float) -> float | None:
    return None if isnan(value) else value
