"""The models on the disk beside what the manifest says of them; nothing is loaded."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.settings import ModelSettings
from serve_app.errors import ModelServerError
from serve_app.models.families import Family
from serve_app.models.large.folders import FolderState
from serve_app.models.large.table import LargeRole
from serve_app.models.manifest import FileEntry, Manifest, ModelEntry
from serve_app.models.rows import ModelRow, Role


class FileState(StrEnum):
    """How a file stands to the manifest; `unlisted` where the manifest has nothing of it."""

    OK = "ok"
    MISSING = "missing"
    CHANGED = "changed"
    UNLISTED = "unlisted"


class Document(BaseModel):
    """The parts of the answer are frozen."""

    model_config = ConfigDict(frozen=True)


class ListedFile(Document):
    """One file as it lies on the disk; without size and digest where it is missing."""

    name: str
    state: FileState
    size_bytes: int | None
    sha256: str | None


class ListedModel(Document):
    """One model. version: as the manifest says, None unless all files are those of the manifest. is_used: whether the
    settings name its family for one of its roles.
    """

    family: str
    name: str
    version: str | None
    roles: tuple[Role, ...]
    licence: str
    dimension: int | None
    size_bytes: int
    is_used: bool
    files: tuple[ListedFile, ...]


class ListedLarge(Document):
    """One of the large models. memory_bytes: of the device, weights and one image. size_bytes: of what lies in the
    folder. commit: of the hub, None unless it was pulled. version: as the model server says it; None where files are
    missing, and where they came by hand and are not used, since they would have to be read. is_used: whether the
    settings name it.
    """

    name: str
    role: LargeRole
    licence: str
    caution: str
    repository: str
    dimension: int | None
    memory_bytes: int
    needs: str
    is_used: bool
    state: FolderState
    folder: str
    size_bytes: int
    commit: str | None
    version: str | None


class ModelList(Document):
    """What `reelwear models list --json` answers. models: those that ship; large: those that can be pulled."""

    models: tuple[ListedModel, ...]
    large: tuple[ListedLarge, ...] = ()


def list_models(families: Iterable[Family], folder: Path, chosen: ModelSettings) -> ModelList:
    """Every model of the families, by what lies in the folder of weights."""
    try:
        known = Manifest.load(folder).models
    except ModelServerError:
        known = {}
    return ModelList(
        models=tuple(
            listed(family, row, folder, known.get(row.name), chosen) for family in families for row in family.rows
        )
    )


def listed(family: Family, row: ModelRow, folder: Path, entry: ModelEntry | None, chosen: ModelSettings) -> ListedModel:
    """One model."""
    files = tuple(listed_file(folder / name, entry.files.get(name) if entry else None) for name in row.files)
    is_whole = all(file.state is FileState.OK for file in files)
    return ListedModel(
        family=family.name,
        name=row.name,
        version=entry.version if entry and is_whole else None,
        roles=row.roles,
        licence=row.licence,
        dimension=row.dimension,
        size_bytes=sum(file.size_bytes or 0 for file in files),
        is_used=any(getattr(chosen, role) == family.name for role in row.roles),
        files=files,
    )


def listed_file(path: Path, entry: FileEntry | None) -> ListedFile:
    """One file; one that cannot be read counts as missing."""
    try:
        found = FileEntry.of(path)
    except OSError:
        return ListedFile(name=path.name, state=FileState.MISSING, size_bytes=None, sha256=None)
    state = FileState.UNLISTED if entry is None else FileState.OK if found == entry else FileState.CHANGED
    return ListedFile(name=path.name, state=state, size_bytes=found.size_bytes, sha256=found.sha256)
