"""What points are coloured by: each facet puts every point into a class."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from catalog_jobs.catalog.plotting.options import ColorBy, Kind, Subject
from catalog_jobs.catalog.plotting.palette import BASIC_HEX, GREY, PALETTE, TYPE_COLORS
from catalog_jobs.catalog.plotting.points import Indices, Point

# More colours than these nobody tells apart; the smaller classes share one.
MOST_CLASSES: Final = len(PALETTE)
OTHERS: Final = "others"


@dataclass(frozen=True)
class Class:
    """A class with its colour and how many points it has."""

    name: str
    color: str
    count: int


@dataclass(frozen=True)
class Facet:
    """The classes of a facet, the largest first, what is of none last; and the class of each point (N).

    paints: a colour of its own for each point, where it was measured; empty where the class's colour is meant.
    """

    by: ColorBy
    title: str
    classes: tuple[Class, ...]
    codes: Indices
    paints: tuple[str | None, ...] = ()

    def color_of(self, at: int) -> str:
        """The colour of a point."""
        own = self.paints[at] if self.paints else None
        return own or self.classes[int(self.codes[at])].color


TITLES: Final[Mapping[ColorBy, tuple[str, str]]] = {
    ColorBy.TYPE: ("type", "no type"),
    ColorBy.CATEGORY: ("category", "no category"),
    ColorBy.VIDEO: ("video", "the catalogue"),
    ColorBy.COLOR: ("colour", "no colour"),
}
WORD_OF: Final[Mapping[ColorBy, Callable[[Point], str]]] = {
    ColorBy.TYPE: lambda point: point.type,
    ColorBy.CATEGORY: lambda point: point.category,
    ColorBy.VIDEO: lambda point: point.video,
    ColorBy.COLOR: lambda point: point.color,
}
PREFERRED: Final[Mapping[Subject, tuple[ColorBy, ...]]] = {
    Subject.FRAMES: (ColorBy.CATEGORY, ColorBy.VIDEO),
    Subject.VIDEOS: (ColorBy.CATEGORY, ColorBy.VIDEO),
}


def facets_of(points: Sequence[Point]) -> dict[ColorBy, Facet]:
    """Every facet that says something of these points."""
    return {by: facet_of(points, by) for by in ColorBy if any(WORD_OF[by](point) for point in points)}


def facet_of(points: Sequence[Point], by: ColorBy) -> Facet:
    """The points put into classes."""
    title, nothing = TITLES[by]
    words = [WORD_OF[by](point) for point in points]
    counts = Counter(word for word in words if word)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = ranked if len(ranked) <= MOST_CLASSES else ranked[: MOST_CLASSES - 1]
    colors = _colors(by, kept)
    classes = [Class(word, colors[word], counts[word]) for word in kept]
    n_others = sum(counts[word] for word in ranked[len(kept) :])
    n_none = len(words) - sum(counts.values())
    number = {word: at for at, word in enumerate(kept)}
    if n_others:
        classes.append(Class(f"{len(ranked) - len(kept)} {OTHERS}", GREY, n_others))
        number.update(dict.fromkeys(ranked[len(kept) :], len(classes) - 1))
    if n_none:
        classes.append(Class(nothing, GREY, n_none))
        number[""] = len(classes) - 1
    codes = np.array([number[word] for word in words], np.intp)
    paints = tuple(point.color_hex for point in points) if by is ColorBy.COLOR else ()
    return Facet(by, title, tuple(classes), codes, paints)


def chosen_facet(
    facets: Mapping[ColorBy, Facet], subject: Subject, points: Sequence[Point], asked: ColorBy | None
) -> Facet:
    """The facet that is asked for, else the first that tells points apart."""
    if asked is not None:
        return facets.get(asked) or facet_of(points, asked)
    order = PREFERRED.get(subject, (ColorBy.TYPE, ColorBy.CATEGORY, ColorBy.VIDEO))
    telling = [by for by in order if by in facets and len(facets[by].classes) > 1]
    by = telling[0] if telling else next((by for by in order if by in facets), ColorBy.TYPE)
    return facets.get(by) or facet_of(points, by)


def kinds_in(points: Sequence[Point]) -> tuple[Kind, ...]:
    """The kinds of points that there are, in the order of the list."""
    there = {point.kind for point in points}
    return tuple(kind for kind in Kind if kind in there)


def _colors(by: ColorBy, words: Sequence[str]) -> dict[str, str]:
    if by is ColorBy.COLOR:
        return {word: BASIC_HEX.get(word, GREY) for word in words}
    if by is ColorBy.TYPE:
        free = (color for color in PALETTE if color not in {TYPE_COLORS.get(word) for word in words})
        return {word: TYPE_COLORS.get(word) or next(free) for word in words}
    return dict(zip(words, PALETTE, strict=False))
