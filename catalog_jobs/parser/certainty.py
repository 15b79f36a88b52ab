"""Fit how sure the parser's finds are: `python -m catalog_jobs.parser.certainty --weights FILE.onnx --data DIR`.

Finds are made in several framings of one half of the held-out photos and in frames of them without anybody, and held
against the label images. The curve goes into the file, whose version changes with it.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnx
from onnx import helper

from catalog_jobs.evaluate.held_out import is_for_fitting
from catalog_jobs.parser.photos import BACKGROUND, Groups, Image, Photo, empty_view, load_photos, split_names
from serve_app.models.certainty import EVIDENCE, Certainty
from serve_app.models.garment_parser import GarmentParserModel
from serve_app.models.garments import GarmentRules, find_garments

FRAME_WH: Final = (720, 1280)
VIEWS_A_PHOTO: Final = 6
EMPTY_A_PHOTO: Final = 6
# A find is right if this share of it lies on label pixels of its group, or of one that is taken for it, and it covers
# this share of what of them is in view: a coat that is called a dress is worn all the same.
LEAST_INSIDE, LEAST_COVERED = 0.5, 0.25
# A find where nobody is counts for many: few are seen in training, and people meet them in every title.
EMPTY_WEIGHT: Final = 12.0
RIDGE, GROUP_RIDGE = 0.05, 2.0


@dataclass(frozen=True)
class Find:
    """One find: its group, what is known of it, whether it is right, and how many finds it counts for."""

    label: str
    evidence: tuple[float, ...]
    is_right: bool
    weight: float = 1.0


def frames_of(photos: Sequence[Photo], rng: np.random.Generator) -> Iterator[tuple[Image, Image]]:
    """Frames and their group images: every photo whole and in closer framings, and pieces of street."""
    for photo in photos:
        for number in range(VIEWS_A_PHOTO):
            yield framed(photo, 1.0 if number == 0 else float(np.exp(rng.uniform(np.log(0.28), 0))), rng)
        for _ in range(EMPTY_A_PHOTO):
            view = empty_view(photos, FRAME_WH, rng)
            yield view.pixels, view.groups


def framed(photo: Photo, height_share: float, rng: np.random.Generator) -> tuple[Image, Image]:
    """A part of a photo of some share of its height, as a frame."""
    height, width = photo.groups.shape
    h = round(height * height_share)
    w = min(width, round(h * FRAME_WH[0] / FRAME_WH[1]))
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    window = slice(top, top + h), slice(left, left + w)
    size_wh = (FRAME_WH[0], round(FRAME_WH[0] * h / w))
    pixels = cv2.resize(photo.pixels[window], size_wh, interpolation=cv2.INTER_LINEAR)
    groups = cv2.resize(photo.groups[window], size_wh, interpolation=cv2.INTER_NEAREST)
    return np.asarray(pixels, np.uint8), np.asarray(groups, np.uint8)


def finds_in(model: GarmentParserModel, pixels: Image, truth: Image) -> Iterator[Find]:
    """All finds of a frame, held against its group image."""
    parsing = model.infer([model.prepare(pixels)])[0]
    if parsing.sureness is None:
        raise ValueError(f"{model.path} tells no presence of groups; train and export it again")
    size_wh = (pixels.shape[1], pixels.shape[0])
    weight = 1.0 if (truth != BACKGROUND).any() else EMPTY_WEIGHT
    for garment in find_garments(parsing.logits, parsing.votes, model.groups, size_wh, sureness=parsing.sureness):
        of_group = np.isin(truth, [model.groups.index(name) for name in alike(garment.label)])
        shared = float((of_group & garment.mask).sum())
        inside, covered = shared / garment.mask.sum(), shared / max(float(of_group.sum()), 1.0)
        is_right = inside >= LEAST_INSIDE and covered >= LEAST_COVERED
        yield Find(garment.label, garment.evidence, is_right, weight)


def alike(group: str) -> set[str]:
    """A group and those that are taken for it."""
    return {group}.union(*(names for names, _ in GarmentRules().rivals if group in names))


def fit_certainty(finds: Sequence[Find], groups: Sequence[str]) -> Certainty:
    """Maximum likelihood with ridges, by Newton's steps; the groups' biases are held closer to one another."""
    labels = [group for group in groups if any(find.label == group for find in finds)]
    design = np.array(
        [[*find.evidence, 1.0, *(float(find.label == label) for label in labels)] for find in finds], np.float64
    )
    truth = np.array([find.is_right for find in finds], np.float64)
    counts = np.array([find.weight for find in finds], np.float64)
    ridge = np.array([*[RIDGE] * (len(EVIDENCE) + 1), *[GROUP_RIDGE] * len(labels)])
    weights = np.zeros(design.shape[1])
    for _ in range(100):
        chances = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ ((counts * chances * (1 - chances))[:, None] * design) + np.diag(ridge)
        step = np.linalg.solve(slope, design.T @ (counts * (truth - chances)) - ridge * weights)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    bias = weights[len(EVIDENCE)]
    own = weights[len(EVIDENCE) + 1 :]
    biases = {label: round(float(bias + one), 5) for label, one in zip(labels, own, strict=True)}
    rest = {group: round(float(bias), 5) for group in groups if group not in biases}
    return Certainty(tuple(round(float(weight), 5) for weight in weights[: len(EVIDENCE)]), {**rest, **biases})


def write_certainty(file: Path, data: Path, seed: int = 5) -> dict[str, object]:
    """Fit on the photos under a folder (photos/, masks/, labels.json, groups.json) and put the curve into the file."""
    model = GarmentParserModel(file, 2)
    groups = Groups.load(data / "labels.json", data / "groups.json")
    names = [name for name in split_names(data / "photos")[1] if is_for_fitting(name)]
    photos = load_photos(data / "photos", data / "masks", groups, names)
    rng = np.random.default_rng(seed)
    finds = [find for pixels, truth in frames_of(photos, rng) for find in finds_in(model, pixels, truth)]
    certainty = fit_certainty(finds, [name for name in groups.names if name != groups.names[BACKGROUND]])
    graph = onnx.load(file)
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    own = properties["version"].partition("-")[0]
    text = certainty.as_json()
    properties["version"] = f"{own}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
    properties["certainty"] = text
    del graph.metadata_props[:]
    helper.set_model_props(graph, properties)
    file.write_bytes(graph.SerializeToString())
    right = int(sum(find.is_right for find in finds))
    return {"version": properties["version"], "photos": len(photos), "finds": len(finds), "right": right}


def main() -> None:
    """Read the arguments and fit."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True, help="exported parser, which is rewritten")
    arguments.add_argument("--data", type=Path, required=True, help="folder with photos/, masks/, labels.json, …")
    options = arguments.parse_args()
    print(json.dumps(write_certainty(options.weights, options.data)))


if __name__ == "__main__":
    main()
