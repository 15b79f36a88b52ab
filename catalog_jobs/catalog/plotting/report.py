"""What a run has drawn, as a document."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """The parts of the report are frozen."""

    model_config = ConfigDict(frozen=True)


class FileReport(Document):
    """A file in the folder, its size, and what it shows."""

    name: str
    bytes: int
    what: str


class MapReport(Document):
    """A map as it was made. method: may be pca where another one was asked for, note says why."""

    method: str
    dims: int
    settings: str
    note: str = ""


class SubjectReport(Document):
    """What was drawn of one subject.

    points: shown, by kind. total: usable points before the sample was taken. repeated: parts left off the maps because
    another part of their product shows the same. left_out: vectors of other embedders. unusable: vectors that are none.
    pictures, without_picture: points that are shown with their picture, and those whose picture could not be had.
    near_duplicates, outliers: how many were listed, None where nobody asked; near_duplicates_total: before the cut.
    """

    subject: str
    embedder: str
    points: Mapping[str, int]
    total: int
    repeated: int
    left_out: Mapping[str, int]
    unusable: int
    colored_by: str
    maps: tuple[MapReport, ...]
    pictures: int
    without_picture: int
    near_duplicates: int | None = None
    near_duplicates_total: int | None = None
    outliers: int | None = None
    notes: tuple[str, ...] = ()


class PlotReport(Document):
    """What `reelwear catalog plot --json` answers. index: the page that links all, where there is one."""

    folder: str
    subjects: tuple[SubjectReport, ...]
    files: tuple[FileReport, ...]
    seconds: float
    index: str | None = None
