"""Held-out garments whose pattern, sleeves and length a person looked at; the labels lie in attribute_labels.json."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog_jobs.evaluate.data.class_folders import read_or_refuse
from catalog_jobs.evaluate.data.crops import cut_photo
from catalog_jobs.evaluate.data.labelled import LabelledFolder
from catalog_jobs.evaluate.data.sources import CLOTHING, Given
from catalog_jobs.evaluate.held_out import is_held_out
from serve_app.models.pictures import Image

LABELS_FILE: Final = Path(__file__).with_name("attribute_labels.json")
# A pattern that is none of those that are read, such as lace or an animal print.
OTHER: Final = "other"
TYPE_OF_CLASS: Final[Mapping[str, str]] = {
    "dress": "dress", "longsleeve": "top", "outwear": "outerwear", "pants": "pants", "shirt": "top",
    "shorts": "shorts", "skirt": "skirt", "t-shirt": "top",
}  # fmt: skip

Pattern = Literal["solid", "striped", "checked", "floral", "dotted", "graphic", "other"]
Sleeve = Literal["none", "short", "long"]
Length = Literal["short", "midi", "long"]


class Values(BaseModel):
    """What was seen of one garment; None where it was not sure."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    pattern: Pattern | None = None
    sleeve: Sleeve | None = None
    length: Length | None = None

    def known(self) -> dict[str, str]:
        """The values that were sure, by attribute."""
        return {name: value for name in ("pattern", "sleeve", "length") if (value := getattr(self, name))}


class PieceLabel(Values):
    """A garment of a photo with a label image. piece: its number among those of `cut_photo`."""

    photo: str
    type: str
    piece: Annotated[int, Field(ge=0)]


class FileLabel(Values):
    """A picture of a class folder. file: class and file name, as "dress/a.jpg"."""

    file: Annotated[str, Field(pattern=r"^[^/]+/[^/]+$")]


class AttributeLabels(BaseModel):
    """The whole file. made: how, by whom and when; what was left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    made: dict[str, str]
    ccp: tuple[PieceLabel, ...]
    clothing: tuple[FileLabel, ...]

    @classmethod
    def load(cls, path: Path = LABELS_FILE) -> "AttributeLabels":
        """Raises ValueError for a file that holds no labels."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ValueError(f"{path} holds no labels of attributes: {error}") from error


@dataclass(frozen=True)
class LabelledGarment:
    """A garment with what is known of it. photo: the name that `is_for_fitting` asks for. is_cut: whether the picture
    shows it cut out on grey, as the server would, or a whole photo of it.
    """

    photo: str
    type: str
    values: Mapping[str, str]
    picture: Image
    is_cut: bool


def read_labelled(data: Path, labels: AttributeLabels | None = None) -> Iterator[LabelledGarment]:
    """The labelled garments that a folder with ccp/ and clothing/ holds, one at a time; the shipped labels if left out.

    Only held-out photos are read, so that nothing is measured that was trained on.
    """
    labels = labels or AttributeLabels.load()
    street = Given(data=data).labelled_photos()
    if street is not None:
        yield from pieces_of(street, labels.ccp)
    for label in labels.clothing:
        path = data / CLOTHING / label.file
        if path.is_file() and is_held_out(path.name):
            kind = TYPE_OF_CLASS[path.parent.name]
            yield LabelledGarment(path.name, kind, label.known(), read_or_refuse(path), is_cut=False)


def pieces_of(street: LabelledFolder, labels: tuple[PieceLabel, ...]) -> Iterator[LabelledGarment]:
    """The labelled pieces of photos, cut out as the server does."""
    by_piece = {(label.photo, label.type, label.piece): label for label in labels}
    photos = {label.photo for label in labels}
    pairs = tuple(pair for pair in street.pairs if pair[0].stem in photos)
    for photo in LabelledFolder(pairs, street.groups).read():
        for crop in cut_photo(photo, street.groups):
            label = by_piece.get((crop.photo, crop.type, crop.number))
            if label is not None:
                yield LabelledGarment(crop.photo, crop.type, label.known(), crop.served, is_cut=True)
