"""Label images for photos of which only the labels are known: `python -m catalog_jobs.parser.tagged --help`.

One parser or several look at each photo at several sizes and mirrored, and may only answer with groups that people
saw in it.
"""

import argparse
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from catalog_jobs.parser.photos import IGNORE, Groups, Image, read_rgb
from serve_app.models.embedded import GarmentParserModel

LONG_SIDES_PX = (512, 640)
# Cells less sure than this stay unknown.
MIN_CHANCE = 0.55
# What parsers miss more often than not: where one of these that people saw is possible, nothing else is certain.
SMALL = ("eyewear", "scarf", "belt", "jewelry")
MAX_MISSED_CHANCE = 0.08
ALWAYS = ("background", "skin", "hair")


def tagged_groups(groups: Groups, labels: Sequence[str], tags: Sequence[str]) -> NDArray[np.bool_]:
    """Which groups (C) a list of labels allows."""
    allowed = np.array([name in ALWAYS for name in groups.names])
    for tag in tags:
        group = groups.of_label[labels.index(tag)]
        if group != IGNORE:
            allowed[group] = True
    return allowed


def label_image(
    models: Sequence[GarmentParserModel], pixels: Image, allowed: NDArray[np.bool_], small: Sequence[int] = ()
) -> Image:
    """The group of each pixel (H×W) by the mean of all looks, IGNORE where they are not sure.

    small: groups that are easily missed.
    """
    height, width = pixels.shape[:2]
    total = np.zeros((len(allowed), height // 2, width // 2), np.float32)
    for model, side, is_mirrored in product(models, LONG_SIDES_PX, (False, True)):
        seen = np.ascontiguousarray(pixels[:, ::-1]) if is_mirrored else pixels
        logits = model.infer([model.prepare(seen, side)])[0].logits
        logits = logits[:, :, ::-1] if is_mirrored else logits
        total += np.stack([cv2.resize(np.ascontiguousarray(one), (width // 2, height // 2)) for one in logits])
    total /= 2 * len(LONG_SIDES_PX) * len(models)
    total[~allowed] = -np.inf
    chances = np.exp(total - total.max(0))
    chances /= chances.sum(0)
    found = chances.argmax(0).astype(np.uint8)
    found[chances.max(0) < MIN_CHANCE] = IGNORE
    for group in small:
        found[(chances[group] > MAX_MISSED_CHANCE) & (found != group)] = IGNORE
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def main() -> None:
    """Read the arguments and write one label image a photo."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with tagged/, tags.json, labels.json, …")
    arguments.add_argument("--weights", type=Path, nargs="+", help="ONNX files of parsers; the shipped one if left out")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the label images (groups, 255 unknown)")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    groups = Groups.load(options.data / "labels.json", options.data / "groups.json")
    labels: list[str] = json.loads((options.data / "labels.json").read_text())
    tags: dict[str, list[str]] = json.loads((options.data / "tags.json").read_text())
    models = [GarmentParserModel(file, options.threads) for file in options.weights or [None]]
    small = [groups.names.index(name) for name in SMALL if name in groups.names]
    options.out.mkdir(parents=True, exist_ok=True)
    for name, own in sorted(tags.items()):
        path = options.data / "tagged" / f"{name}.jpg"
        if path.is_file() and not (options.out / f"{name}.png").exists():
            image = label_image(models, read_rgb(path), tagged_groups(groups, labels, own), small)
            cv2.imwrite(str(options.out / f"{name}.png"), image)
    print(json.dumps({"photos": len(list(options.out.glob("*.png")))}))


if __name__ == "__main__":
    main()
