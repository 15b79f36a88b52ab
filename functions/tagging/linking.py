"""Which looks in different frames are one garment: wearers are recognised by all they wear, then their garments."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from functions.tagging.color_names import Lab
from functions.tagging.looks import Look
from functions.tagging.similarity import Matrix, similarities
from functions.tagging.taxonomy import may_be_same
from serve_app.contract import Cutoffs

# Least similarity of two wearers, by the number of garments that speak for it: 1, 2, 3 or more.
WEARER_THRESHOLDS = (0.85, 0.72, 0.7)
# With so many garments to compare, the one that differs most is forgiven: people change one piece between shots.
PAIRS_TO_FORGIVE = 4
# Least part of the lesser wearer's garments that must find a partner.
WEARER_COVERAGE = 0.45
# Least similarity of two garments of one wearer, of one type and of types that get confused.
GARMENT_THRESHOLD = 0.3
CONFUSED_THRESHOLD = 0.55


def link(looks: Sequence[Look], thumbnails: Sequence[Lab], cutoffs: Mapping[str, Cutoffs]) -> list[list[int]]:
    """Indices of the looks of each garment. Two looks of one frame are never one garment.
    thumbnails: one a frame, by the looks' frame number. cutoffs: as `find_items` takes them.
    """
    if not looks:
        return []
    similar = similarities(looks, thumbnails, cutoffs)
    wearers = group_wearers(looks)
    margins = wearer_margins(looks, wearers, similar)
    garments = []
    for members in cluster(margins, [{looks[wearer[0]].frame} for wearer in wearers]):
        own = sorted(index for member in members for index in wearers[member])
        garments += garments_of_wearer(own, looks, similar)
    return garments


def group_wearers(looks: Sequence[Look]) -> list[list[int]]:
    """Indices of the looks of each wearer of each frame."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, look in enumerate(looks):
        groups[look.frame, look.wearer].append(index)
    return list(groups.values())


def wearer_margins(looks: Sequence[Look], wearers: Sequence[Sequence[int]], similar: Matrix) -> Matrix:
    """How far each two wearers (W×W) are above the similarity that makes them one person: negative for two people,
    NaN where they show nothing that could be compared.
    """
    margins = np.full((len(wearers), len(wearers)), np.nan)
    for one, other in combinations(range(len(wearers)), 2):
        if looks[wearers[one][0]].frame != looks[wearers[other][0]].frame:
            margins[one, other] = margins[other, one] = wearer_margin(looks, wearers[one], wearers[other], similar)
    return margins


def wearer_margin(looks: Sequence[Look], one: Sequence[int], other: Sequence[int], similar: Matrix) -> float:
    """Mean similarity of the garments that two wearers both show, large ones counting more, less the threshold for
    so many; NaN for too few. A type that only one of them shows says nothing, as shots are framed differently.
    """
    pairs = partners(looks, one, other, similar)
    sizes = {index: float(np.sqrt(looks[index].share)) for index in (*one, *other)}
    lesser = min(one, other, key=lambda side: sum(sizes[i] for i in side))
    matched = {index for pair in pairs for index in pair}
    coverage = sum(sizes[i] for i in lesser if i in matched) / sum(sizes[i] for i in lesser)
    if not pairs or coverage < WEARER_COVERAGE:
        return math.nan
    kept = sorted(pairs, key=lambda pair: -similar[pair])[: max(len(pairs) - 1, PAIRS_TO_FORGIVE - 1)]
    total = sum(sizes[i] + sizes[j] for i, j in kept)
    mean = sum((sizes[i] + sizes[j]) * float(similar[i, j]) for i, j in kept) / total
    return mean - WEARER_THRESHOLDS[min(len(pairs), len(WEARER_THRESHOLDS)) - 1]


def partners(looks: Sequence[Look], one: Sequence[int], other: Sequence[int], similar: Matrix) -> list[tuple[int, int]]:
    """Pairs of garments of two wearers, none twice: those of one type or alike, the most alike first, then those left
    that cover the same part of the body. Pairs that differ speak against one wearer.
    """
    fitting = [(i, j) for i in one for j in other if may_be_same(looks[i].type, looks[j].type)]
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for i, j in sorted(fitting, key=lambda pair: (not is_likely(looks, pair, similar), -similar[pair], pair)):
        if not {i, j} & taken:
            pairs.append((i, j))
            taken |= {i, j}
    return pairs


def is_likely(looks: Sequence[Look], pair: tuple[int, int], similar: Matrix) -> bool:
    """Whether two looks are of one type, or so alike that one of the types is probably wrong."""
    return looks[pair[0]].type == looks[pair[1]].type or float(similar[pair]) >= CONFUSED_THRESHOLD


def garments_of_wearer(own: Sequence[int], looks: Sequence[Look], similar: Matrix) -> list[list[int]]:
    """The looks of one wearer, over all frames, as garments."""
    types = np.array([looks[index].type for index in own])
    limits = np.where(types[:, None] == types[None], GARMENT_THRESHOLD, CONFUSED_THRESHOLD)
    groups = cluster(similar[np.ix_(own, own)] - limits, [{looks[index].frame} for index in own])
    return [[own[member] for member in group] for group in groups]


def cluster(margins: Matrix, frames: Sequence[set[int]]) -> list[list[int]]:
    """Groups with a positive mean margin (N×N, NaN where unknown), joined best pairs first; a group has at most one
    thing of each frame.
    """
    groups = {index: [index] for index in range(len(frames))}
    seen_in = {index: set(frames[index]) for index in groups}
    home = list(groups)
    pairs = zip(*np.nonzero(np.triu(margins, 1) > 0), strict=True)
    for one, other in sorted(pairs, key=lambda pair: (-margins[pair], pair)):
        a, b = sorted((home[one], home[other]))
        if a == b or seen_in[a] & seen_in[b] or np.nanmean(margins[np.ix_(groups[a], groups[b])]) <= 0:
            continue
        for index in groups[b]:
            home[index] = a
        groups[a] += groups.pop(b)
        seen_in[a] |= seen_in.pop(b)
    return [sorted(group) for group in groups.values()]
