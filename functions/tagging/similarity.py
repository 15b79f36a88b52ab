"""How alike two looks are: by type, colour, vector, and place where the camera stands still."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from functions.tagging.color_names import Lab
from functions.tagging.looks import Look
from functions.tagging.taxonomy import GARMENT_TYPES, may_be_same
from serve_app.contract import DEFAULT_TYPE, Cutoffs

Matrix = NDArray[np.float64]

# Light changes between shots move L more than a and b, so it counts for less.
LIGHTNESS_WEIGHT = 0.6
# Distance (weighted CIELAB) at which two colours are as likely as not one cloth in another light.
COLOR_WIDTH = 15.0
CONFUSED_TYPE_FACTOR = 0.85
# Mean thumbnail difference (CIELAB) under which two frames show one place from one camera.
SAME_SCENE_DISTANCE = 9.0
POSITION_WIDTH = 0.12
# Least way from unrelated to same, so that a fit that could not tell them apart is a step and no division by zero.
LEAST_SPAN = 0.01


def similarities(looks: Sequence[Look], thumbnails: Sequence[Lab], cutoffs: Mapping[str, Cutoffs]) -> Matrix:
    """How alike two looks are (N×N, 0 to 1): type gates, colour and vector must both agree, the same place in an
    unmoving picture helps. Looks of one frame have 0.
    """
    frames = np.array([look.frame for look in looks])
    alike = np.sqrt(color_similarities(looks) * vector_similarities(looks, cutoffs))
    near = position_similarities(looks) * same_scene(thumbnails)[frames][:, frames]
    alike = 1 - (1 - alike) * (1 - 0.5 * near * (alike > 0.2))
    alike *= type_factors(looks)
    alike[frames[:, None] == frames[None]] = 0
    return np.asarray(alike, np.float64)


def color_similarities(looks: Sequence[Look]) -> Matrix:
    """1 for one colour, 1/e at COLOR_WIDTH; by the main colour or the mean, whichever is nearer, as patterns may
    put another of their colours first in each frame. 0.5 where a colour is unknown.
    """
    weight = np.array([LIGHTNESS_WEIGHT, 1, 1])
    nothing = np.full(3, np.nan)
    main = np.array([look.color.lab if look.color else nothing for look in looks], np.float64) * weight
    mean = np.array([look.color.mean if look.color else nothing for look in looks], np.float64) * weight
    distances = [np.linalg.norm(x[:, None] - x[None], axis=2) for x in (main, mean)]
    nearest = np.minimum(*distances)
    return np.where(np.isnan(nearest), 0.5, np.exp(-((np.nan_to_num(nearest) / COLOR_WIDTH) ** 2)))


def vector_similarities(looks: Sequence[Look], cutoffs: Mapping[str, Cutoffs]) -> Matrix:
    """0 for the cosine of unrelated garments of these types or less, 1 for that of one garment or more; for two types
    by the mean of their cut-offs. 0.5 where a vector is unknown or nothing was fitted.
    """
    known = [look.vector for look in looks if look.vector is not None]
    if not known or not cutoffs:
        return np.full((len(looks), len(looks)), 0.5)
    nothing = np.full(len(known[0]), np.nan)
    vectors = np.array([nothing if look.vector is None else look.vector for look in looks], np.float64)
    cosines = vectors @ vectors.T
    fitted = [cutoffs.get(look.type) or cutoffs.get(DEFAULT_TYPE) for look in looks]
    unrelated = mean_of_pairs([one.unrelated if one else np.nan for one in fitted])
    same = mean_of_pairs([one.same if one else np.nan for one in fitted])
    scaled = np.clip((cosines - unrelated) / np.maximum(same - unrelated, LEAST_SPAN), 0, 1)
    return np.where(np.isnan(scaled), 0.5, scaled)


def mean_of_pairs(values: Sequence[float]) -> Matrix:
    """The mean of each two of N numbers (N×N)."""
    row = np.array(values, np.float64)
    return (row[:, None] + row[None]) / 2


def position_similarities(looks: Sequence[Look]) -> Matrix:
    """1 for the same place and size in the picture, falling with the distance of the middles."""
    centres = np.array([look.centre for look in looks])
    sizes = np.sqrt(np.array([look.share for look in looks]))
    distances = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    ratios = np.minimum(sizes[:, None], sizes[None]) / np.maximum(sizes[:, None], sizes[None])
    return np.asarray(np.exp(-((distances / POSITION_WIDTH) ** 2)) * ratios, np.float64)


def same_scene(thumbnails: Sequence[Lab]) -> Matrix:
    """1 where two frames (F×F) show one place from one camera, else 0."""
    flat = np.array([thumbnail.reshape(-1, 3) for thumbnail in thumbnails], np.float64)
    rows = [np.linalg.norm(flat - one, axis=2).mean(axis=1) < SAME_SCENE_DISTANCE for one in flat]
    return np.array(rows, np.float64)


def type_factors(looks: Sequence[Look]) -> Matrix:
    """1 for one type, less for types that get confused, 0 for types that do not."""
    names = [row.name for row in GARMENT_TYPES]
    table = np.array([[CONFUSED_TYPE_FACTOR * may_be_same(a, b) for b in names] for a in names])
    np.fill_diagonal(table, 1)
    numbers = np.array([names.index(look.type) for look in looks])
    return np.asarray(table[numbers][:, numbers], np.float64)
