"""Exact and similar, at the stored cut-offs: which pairs of garments of one type are taken for which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from pydantic import JsonValue

from catalog_jobs.evaluate.data.crops import Crop
from catalog_jobs.evaluate.document import Part
from catalog_jobs.evaluate.embedders import Embedder, Vectors, embed_stream
from catalog_jobs.evaluate.instances import sources_of_crops
from catalog_jobs.evaluate.measures.pairs import (
    Bools,
    Floats,
    average_precision,
    balanced_weights,
    lowest_cutoff,
    precision_recall,
    thinned,
)
from catalog_jobs.evaluate.measures.samples import Rates, Samples
from serve_app.contract import DEFAULT_TYPE, Cutoffs

Task = Literal["exact", "similar"]
WANTED_PRECISION: Final[Mapping[Task, float]] = {"exact": 0.95, "similar": 0.80}
CURVE_POINTS: Final = 80


@dataclass(frozen=True)
class Pairs:
    """Pairs of garments of one type: their cosines, whether they belong together, and the photo of the first."""

    kind: str
    cosines: Floats
    belongs: Bools
    photos: tuple[str, ...]


def measure_pairs(embedder: Embedder, crops: Sequence[Crop], cutoffs: Mapping[str, Cutoffs], seed: int) -> Part:
    """Precision and recall of `exact` and `similar` at the cut-offs (none where there are none), and their curves.

    exact: two independent views of one garment, against views of all others of its type. similar: two garments of one
    type, taken for similar rightly if they are of one basic colour. `balanced_precision` is what precision would be if
    half of the pairs belonged together; the plain one depends on how many garments there are.
    """
    plain = embed_stream(embedder, (crop.served for crop in crops))
    one, other = two_views(embedder, crops, seed)
    tasks: dict[Task, list[Pairs]] = {"exact": exact_pairs(crops, one, other), "similar": similar_pairs(crops, plain)}
    samples: dict[str, Samples] = {}
    details: dict[str, JsonValue] = {}
    for task, by_type in tasks.items():
        details[task] = {pairs.kind: curve_of(task, pairs, cutoffs) for pairs in by_type}
        if cutoffs:
            samples |= rates_at_cutoffs(task, by_type, cutoffs)
    return Part(samples, details)


def two_views(embedder: Embedder, crops: Sequence[Crop], seed: int) -> tuple[Vectors, Vectors]:
    """Vectors of two independent views of each garment, cut out as the server does."""
    sources = sources_of_crops(crops)
    first, second = np.random.default_rng([seed, 200]), np.random.default_rng([seed, 201])
    return (
        embed_stream(embedder, (source.view(first) for source in sources)),
        embed_stream(embedder, (source.view(second) for source in sources)),
    )


def exact_pairs(crops: Sequence[Crop], one: Vectors, other: Vectors) -> list[Pairs]:
    """For each type all pairs of a first and a second view; those of two pieces of one garment are left out."""
    found = []
    for kind, members in members_by_type(crops).items():
        garments = np.array([crops[index].garment for index in members])
        is_one_piece = np.eye(len(members), dtype=np.bool_)
        counts = is_one_piece | (garments[:, None] != garments[None])
        found.append(pairs_of(kind, crops, members, one[members] @ other[members].T, is_one_piece, counts))
    return found


def similar_pairs(crops: Sequence[Crop], vectors: Vectors) -> list[Pairs]:
    """For each type all pairs of garments of different photos whose colours are known, each once."""
    found = []
    for kind, members in members_by_type(crops).items():
        colors = np.array([crops[index].color or "" for index in members])
        photos = np.array([crops[index].photo for index in members])
        counts = np.triu((photos[:, None] != photos[None]) & (colors[:, None] != "") & (colors[None] != ""), 1)
        is_alike = colors[:, None] == colors[None]
        found.append(pairs_of(kind, crops, members, vectors[members] @ vectors[members].T, is_alike, counts))
    return [pairs for pairs in found if len(pairs.cosines)]


def members_by_type(crops: Sequence[Crop]) -> dict[str, list[int]]:
    """Positions of the garments of each type that occurs in two photos or more, in alphabetical order."""
    members: dict[str, list[int]] = {}
    for index, crop in enumerate(crops):
        members.setdefault(crop.type, []).append(index)
    return {kind: members[kind] for kind in sorted(members) if len({crops[index].photo for index in members[kind]}) > 1}


def pairs_of(
    kind: str, crops: Sequence[Crop], members: Sequence[int], cosines: Vectors, belongs: Bools, counts: Bools
) -> Pairs:
    """The pairs (N×N) that count, as rows."""
    rows, columns = np.nonzero(counts)
    names = [crops[index].photo for index in members]
    return Pairs(
        kind,
        np.asarray(cosines[rows, columns], np.float64),
        belongs[rows, columns],
        tuple(names[row] for row in rows.tolist()),
    )


def cutoff_for(task: Task, kind: str, cutoffs: Mapping[str, Cutoffs]) -> float | None:
    """The stored cut-off of a type, or that of all types without one of their own; None where there is none."""
    fitted = cutoffs.get(kind) or cutoffs.get(DEFAULT_TYPE)
    return None if fitted is None else fitted.exact if task == "exact" else fitted.similar


def rates_at_cutoffs(task: Task, by_type: Sequence[Pairs], cutoffs: Mapping[str, Cutoffs]) -> dict[str, Samples]:
    """Precision, balanced precision and recall over all types and by type."""
    rows: dict[str, list[tuple[Pairs, Bools]]] = {"": []}
    for pairs in by_type:
        cutoff = cutoff_for(task, pairs.kind, cutoffs)
        is_taken = pairs.cosines >= (np.inf if cutoff is None else cutoff)
        rows[""].append((pairs, is_taken))
        rows[f".{pairs.kind}"] = [(pairs, is_taken)]
    samples: dict[str, Samples] = {}
    for suffix, parts in rows.items():
        photos = [photo for pairs, _ in parts for photo in pairs.photos]
        belongs = joined([pairs.belongs for pairs, _ in parts])
        taken = joined([chosen for _, chosen in parts])
        weights = joined([balanced_weights(pairs.belongs) for pairs, _ in parts])
        right = taken * belongs
        samples[f"{task}.precision{suffix}"] = Rates.gather("photo", photos, right, taken)
        samples[f"{task}.balanced_precision{suffix}"] = Rates.gather("photo", photos, weights * right, weights * taken)
        samples[f"{task}.recall{suffix}"] = Rates.gather("photo", photos, right, belongs)
    return samples


def curve_of(task: Task, pairs: Pairs, cutoffs: Mapping[str, Cutoffs]) -> JsonValue:
    """The balanced curve of a type, its cut-off, and the cut-off that these very pairs would ask for."""
    curve = precision_recall(pairs.cosines, pairs.belongs, balanced_weights(pairs.belongs))
    asked = lowest_cutoff(curve, WANTED_PRECISION[task])
    few = thinned(curve, CURVE_POINTS)
    return {
        "pairs": len(pairs.cosines),
        "belong_together": int(pairs.belongs.sum()),
        "cutoff": cutoff_for(task, pairs.kind, cutoffs),
        "cutoff_of_these_pairs": None if asked is None else round(asked[0], 4),
        "recall_there": None if asked is None else round(asked[1], 4),
        "average_precision": round(average_precision(curve), 4),
        "curve": {
            "cutoffs": np.round(few.cutoffs, 4).tolist(),
            "precision": np.round(few.precision, 4).tolist(),
            "recall": np.round(few.recall, 4).tolist(),
        },
    }


def joined(parts: Sequence[Floats] | Sequence[Bools]) -> Floats:
    """Arrays end to end, as numbers; an empty one without any."""
    return np.concatenate([np.zeros(0), *parts])
