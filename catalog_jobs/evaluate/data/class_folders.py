"""A folder of class folders: every picture in `DIR/<class>/` shows that class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog_jobs.evaluate.held_out import is_held_out
from catalog_jobs.parser.photos import read_rgb
from serve_app.models.pictures import Image

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class ClassPhoto:
    """One picture and the name of its folder."""

    path: Path
    kind: str

    @property
    def key(self) -> str:
        """A name that no other picture of the same folders has."""
        return f"{self.kind}/{self.path.name}"

    def read(self) -> Image:
        """RGB, H×W×3; raises ValueError for what is no picture."""
        return read_or_refuse(self.path)


def list_class_photos(folder: Path, only_held_out: bool) -> list[ClassPhoto]:
    """The pictures of each class, in order of their names; raises ValueError for a folder that has none."""
    check_folder(folder, "a folder of class folders, such as dress/ and hat/")
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not classes:
        raise ValueError(f"{folder} has no class folders; put the pictures of each class into a folder of its name")
    photos = []
    for kind in classes:
        files = list_pictures(kind)
        kept = [path for path in files if is_held_out(path.name)] if only_held_out else files
        if not kept and not only_held_out:
            raise ValueError(f"the class folder {kind} holds no picture; add .jpg or .png files or remove it")
        photos += [ClassPhoto(path, kind.name) for path in kept]
    if not photos:
        raise ValueError(f"{folder} has no held-out picture; name it with --images to measure on all of it")
    return photos


def list_pictures(folder: Path) -> list[Path]:
    """The JPEG and PNG files right in a folder, in order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)


def classes_of(photos: Sequence[ClassPhoto]) -> tuple[str, ...]:
    """The classes in alphabetical order."""
    return tuple(sorted({photo.kind for photo in photos}))


def check_folder(folder: Path, what: str) -> None:
    """Raise ValueError if there is no such folder. what: what should be given, in words."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give {what}")


def read_or_refuse(path: Path) -> Image:
    """RGB, H×W×3; raises ValueError, with the way out, for what is no picture."""
    try:
        return read_rgb(path)
    except ValueError as error:
        raise ValueError(f"{error}; remove or replace it in {path.parent}") from error
