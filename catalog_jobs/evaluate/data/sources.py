"""Which folders a measurement reads, from what was given on the command line."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog_jobs.evaluate.data.class_folders import ClassPhoto, check_folder, list_class_photos
from catalog_jobs.evaluate.data.labelled import LabelledFolder, list_pairs
from catalog_jobs.evaluate.held_out import is_for_fitting
from catalog_jobs.parser.photos import VALIDATION_FILE, Groups

CCP = "ccp"
CLOTHING = "clothing"
REELS = "reels"


@dataclass(frozen=True)
class Given:
    """Folders and files as they were given.

    data: stands for everything that is not given by itself, in its held-out part; the others are used whole.
    """

    data: Path | None = None
    images: Path | None = None
    photos: Path | None = None
    masks: Path | None = None
    labels: Path | None = None
    groups: Path | None = None
    names: Path | None = None
    reels: Path | None = None

    def class_photos(self) -> list[ClassPhoto]:
        """The pictures of the class folders; none where no folder was given."""
        if self.images:
            return list_class_photos(self.images, only_held_out=False)
        return list_class_photos(self.data_folder(CLOTHING), only_held_out=True) if self.data else []

    def labelled_photos(self) -> LabelledFolder | None:
        """The photos with label images; None where none were given."""
        own = {"--photos": self.photos, "--masks": self.masks, "--labels": self.labels, "--groups": self.groups}
        if not any(own.values()) and self.data is None:
            return None
        if not any(own.values()):
            folder = self.data_folder(CCP)
            every = open_labelled(
                folder / "photos", folder / "masks", folder / "labels.json", folder / "groups.json", None
            )
            return held_out_part(every, folder)
        missing = [name for name, path in own.items() if path is None]
        if missing or not (self.photos and self.masks and self.labels and self.groups):
            raise ValueError(f"{missing[0]} is missing; --photos, --masks, --labels and --groups go together")
        return open_labelled(self.photos, self.masks, self.labels, self.groups, self.names)

    def other_photos(self, most: int, seed: int) -> LabelledFolder | None:
        """Up to so many photos of `--data` that are not held out, drawn at random; None without `--data`."""
        if self.data is None:
            return None
        folder = self.data_folder(CCP)
        every = open_labelled(folder / "photos", folder / "masks", folder / "labels.json", folder / "groups.json", None)
        held_out = {pair[0] for pair in held_out_part(every, folder).pairs}
        others = [pair for pair in every.pairs if pair[0] not in held_out]
        chosen = np.random.default_rng([seed, 2]).permutation(len(others))[:most]
        return LabelledFolder(tuple(others[index] for index in sorted(chosen.tolist())), every.groups)

    def reels_folder(self) -> Path | None:
        """The folder of reels with their truth; None where none was given or the data has none."""
        if self.reels:
            return self.reels
        return self.data / REELS if self.data and (self.data / REELS).is_dir() else None

    def judges(self, name: str) -> bool:
        """Whether a photo may judge what was fitted. Half of the held-out part may not, since it was fitted on; all of
        what is given by itself may. name: as `is_for_fitting` takes it.
        """
        return self.data is None or not is_for_fitting(name)

    def data_folder(self, name: str) -> Path:
        """One of the folders of `--data`."""
        if self.data is None:
            raise ValueError("no folder was given; give --data DIR")
        check_folder(
            self.data / name, f"--data a folder with {CLOTHING}/ and {CCP}/, or its parts by their own options"
        )
        return self.data / name


def open_labelled(photos: Path, masks: Path, labels: Path, groups: Path, names: Path | None) -> LabelledFolder:
    """The photos of these folders, all of them or those that a file names."""
    pairs = list_pairs(photos, masks, names)
    for file in (labels, groups):
        if not file.is_file():
            raise ValueError(f"{file} is no file; give the JSON of the labels and that of their groups")
    return LabelledFolder(tuple(pairs), Groups.load(labels, groups))


def held_out_part(every: LabelledFolder, folder: Path) -> LabelledFolder:
    """The photos that the parser's validation.txt names; raises ValueError if there is none."""
    names = set(VALIDATION_FILE.read_text("utf-8").split())
    pairs = tuple(pair for pair in every.pairs if pair[0].stem in names)
    if not pairs:
        raise ValueError(
            f"{folder / 'photos'} has no held-out photo; give --photos, --masks, --labels and --groups to use all"
        )
    return LabelledFolder(pairs, every.groups)
