"""What a search compares with: the vectors of its words and pictures, and what their cosines mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.document import MatchType
from functions.matching.fit import Fit, match_type
from functions.search.chances import chance, log_odds
from functions.search.embedding import QueryEmbedder
from functions.search.meaning import Meaning
from functions.search.query import LIKELY, SearchTerms
from infra.errors import ErrorCode, ReelwearError
from serve_app.contract import DEFAULT_TYPE, Vector

# How much of what is unwanted is taken from what is wanted. Of 133 searches such as "green bag" without "striped" over
# the drawn shop, 22 of 100 best products were unwanted ones without this, 4 with it; 0.75 loses wanted ones.
UNWANTED_SHARE = 0.5


@dataclass(frozen=True)
class Stored:
    """The unit vector of something that was embedded before, so that no model is asked.

    embedder: which made it, as name@version. is_text: of words, not of a picture. type: what it shows, if known.
    """

    vector: Vector
    embedder: str
    is_text: bool = False
    type: str | None = None


@dataclass(frozen=True)
class Unwanted:
    """Words that are not wanted. vector: of these alone. beside: of them before the words or the type that are wanted,
    None where neither is known.
    """

    vector: Vector
    beside: Vector | None = None


@dataclass(frozen=True)
class Wanted:
    """The unit vectors of a search by one embedder; words or picture at least.

    picture: of several the unit mean. weight: the picture's share where there are both. named: of the wanted words, or
    of the type that is known; what is unwanted is held against it.
    """

    meaning: Meaning
    words: Vector | None = None
    picture: Vector | None = None
    weight: float = 0.5
    named: Vector | None = None
    unwanted: tuple[Unwanted, ...] = ()

    @property
    def model(self) -> str:
        """The embedder as name@version."""
        return self.meaning.embedder

    @property
    def vector(self) -> Vector:
        """Where to search: the weighted sum of what is wanted at length 1, less a share of what is not, at length 1."""
        shares = (1 - self.weight, self.weight) if self.words is not None and self.picture is not None else (1.0, 1.0)
        sides = zip(shares, (self.words, self.picture), strict=True)
        wanted = unit(np.sum([share * side for share, side in sides if side is not None], axis=0))
        taken = [UNWANTED_SHARE * one.vector for one in self.unwanted]
        return unit(wanted - np.sum(taken, axis=0)) if taken else wanted

    def score(self, garment: Vector) -> float:
        """The cosine, -1 to 1, between what is searched for and a garment's unit vector."""
        return _cosine(self.vector, garment)

    def confidence(self, garment: Vector) -> float | None:
        """The chance that the words fit a picture of a garment; None without words, or where nothing was fitted."""
        if self.words is None or self.meaning.words is None:
            return None
        return chance(log_odds(self.meaning.words, _cosine(self.words, garment)))

    def is_unwanted(self, garment: Vector) -> bool:
        """Whether a garment is likely what is not wanted, and likelier so than without these words."""
        fit = self.meaning.words
        if fit is None:
            return False
        for one in self.unwanted:
            told = log_odds(fit, _cosine(one.vector if one.beside is None else one.beside, garment))
            plain = None if self.named is None else log_odds(fit, _cosine(self.named, garment))
            if chance(told) >= LIKELY and (plain is None or told > plain):
                return True
        return False

    def match(self, garment: Vector, garment_type: str | None) -> MatchType | None:
        """How alike the picture and a garment of a type are; None without a picture, or without fitted cut-offs."""
        return None if self.picture is None else self.match_of(_cosine(self.picture, garment), garment_type)

    def match_of(self, cosine: float, garment_type: str | None) -> MatchType | None:
        """The same by the cosine of both, as items are matched with products."""
        cutoffs = self.meaning.cutoffs_of(garment_type)
        if self.picture is None or cutoffs is None:
            return None
        return match_type(Fit({DEFAULT_TYPE: cutoffs}).image_score(cosine, [DEFAULT_TYPE]))


def wanted_of(
    terms: SearchTerms,
    picture: bytes | None,
    stored: Sequence[Stored],
    embedder: QueryEmbedder,
    meaning: Meaning | None = None,
    garment_type: str | None = None,
) -> Wanted:
    """The vectors of a search; the embedder is asked for words and a picture alone, in one request each.

    stored: what else is wanted. meaning: of the vectors that are to be compared with; without it, of those of the
    embedder, or else nothing. garment_type: what is looked for, if it is known. Raises BAD_REQUEST where there is
    nothing to search by, BAD_SETTING where two embedders made what is to be compared, and what the embedder raises.
    """
    if terms.is_empty(has_picture=picture is not None):
        message = "nothing to search by; give text, a picture, a product or a crop"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    known_type = garment_type or next((one.type for one in stored if one.type), None)
    told = embedded_words(terms, known_type, embedder)
    shown = None if picture is None else embedder.picture(picture)
    if told or shown is not None or (meaning is None and not stored):
        asked = embedder.meaning()
        check_same(asked.embedder, meaning.embedder if meaning else asked.embedder)
        meaning = meaning or asked
    meaning = meaning or Meaning(stored[0].embedder, {}, None)
    for one in stored:
        check_same(one.embedder, meaning.embedder)
    pictures = [shown, *(one.vector for one in stored if not one.is_text)]
    words = [told.get(terms.text or ""), *(one.vector for one in stored if one.is_text)]
    named = terms.text or known_type or ""
    return Wanted(
        meaning=meaning,
        words=_mean(words),
        picture=_mean(pictures),
        weight=terms.weight,
        named=told.get(named),
        unwanted=tuple(Unwanted(told[one], told.get(f"{one} {named}")) for one in terms.without),
    )


def embedded_words(terms: SearchTerms, garment_type: str | None, embedder: QueryEmbedder) -> dict[str, Vector]:
    """The vectors of all texts that a search needs, by text."""
    named = terms.text or garment_type
    texts = [terms.text] if terms.text else []
    if terms.without:
        texts += [named] if named else []
        texts += [text for one in terms.without for text in (one, f"{one} {named}" if named else one)]
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, embedder.words(distinct), strict=True)) if distinct else {}


def check_same(one: str, other: str) -> None:
    """Raise BAD_SETTING where two embedders made what is to be compared."""
    if one != other:
        message = (
            f"vectors of {one} cannot be compared with those of {other}; "
            "`reelwear catalog index` embeds the catalogue with the embedder that runs now"
        )
        raise ReelwearError(ErrorCode.BAD_SETTING, message)


def unit(vector: Vector) -> Vector:
    """A vector at length 1; one of no length stays so."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def of_bytes(stored: bytes) -> Vector:
    """A stored vector (little-endian float32) at length 1."""
    return unit(np.frombuffer(stored, "<f4").astype(np.float32))


def _mean(vectors: Sequence[Vector | None]) -> Vector | None:
    given = [vector for vector in vectors if vector is not None]
    return unit(np.mean(given, axis=0)) if given else None


def _cosine(one: Vector, other: Vector) -> float:
    return max(-1.0, min(1.0, float(one @ other)))
