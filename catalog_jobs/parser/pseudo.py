"""Group images for photos that have none: what the trained parser sees, within what is known to be in the photo.

`python -m catalog_jobs.parser.pseudo --weights FILE --photos DIR --tags FILE --labels FILE --groups FILE --out DIR`
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from catalog_jobs.parser.network import GarmentParser
from catalog_jobs.parser.photos import IGNORE, Groups, Image, read_rgb
from catalog_jobs.parser.train import fit_inside

LONG_SIDE_PX = 576
ALWAYS = ("background", "skin", "hair")
# A pixel is taught only where the parser, told what can be there, is this sure of it.
LEAST_CHANCE = 0.6

Chances = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """A photo and the groups that can be in it."""

    name: str
    path: Path
    possible: tuple[int, ...]


def tagged(photos: Path, tags_file: Path, labels_file: Path, groups: Groups) -> Iterator[Known]:
    """Photos with the labels that somebody gave them."""
    labels: list[str] = json.loads(labels_file.read_text())
    tags: dict[str, list[str]] = json.loads(tags_file.read_text())
    always = {groups.names.index(name) for name in ALWAYS}
    for name, given in sorted(tags.items()):
        found = {int(groups.of_label[labels.index(label)]) for label in given if label in labels}
        yield Known(name, photos / f"{name}.jpg", tuple(sorted((found | always) - {IGNORE})))


@torch.no_grad()
def chances_of(network: GarmentParser, pixels: Image) -> Chances:
    """Chances of the groups (C×H×W) at the photo's size, the mean of the photo and its mirror image."""
    x = torch.from_numpy(fit_inside(pixels, LONG_SIDE_PX)).permute(2, 0, 1)[None].float()
    logits = network(torch.cat([x, x.flip(3)])).logits
    both = (logits[:1] + logits[1:].flip(3)) / 2
    full = functional.interpolate(both, size=pixels.shape[:2], mode="bilinear", align_corners=False)
    return np.asarray(full[0].softmax(0).numpy(), np.float32)


def group_image(chances: Chances, possible: tuple[int, ...]) -> Image:
    """The likeliest possible group by pixel (H×W), unknown where it is not sure."""
    allowed = chances[list(possible)]
    groups = np.asarray(possible)[allowed.argmax(0)]
    sure = allowed.max(0) / np.maximum(allowed.sum(0), 1e-6)
    return np.where(sure >= LEAST_CHANCE, groups, IGNORE).astype(np.uint8)


def write(network: GarmentParser, photos: Iterable[Known], out: Path) -> int:
    """Write the group image of each photo, and a copy of the photo beside it; returns how many."""
    out.mkdir(parents=True, exist_ok=True)
    network.eval()
    written = 0
    for photo in photos:
        groups = group_image(chances_of(network, read_rgb(photo.path)), photo.possible)
        cv2.imwrite(str(out / f"{photo.name}.png"), groups)
        (out / f"{photo.name}.jpg").write_bytes(photo.path.read_bytes())
        written += 1
    return written


def main() -> None:
    """Read the arguments and write the group images, each beside a copy of its photo."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("weights", "photos", "tags", "labels", "groups", "out"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    options = arguments.parse_args()
    groups = Groups.load(options.labels, options.groups)
    network = GarmentParser(len(groups.names))
    network.load_state_dict(torch.load(options.weights, weights_only=True))
    photos = tagged(options.photos, options.tags, options.labels, groups)
    print(json.dumps({"written": write(network, photos, options.out)}))


if __name__ == "__main__":
    main()
