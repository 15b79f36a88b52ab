"""What the weights of the package should be: `python -m serve_app.models.manifest` writes it down from the files."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from serve_app.errors import ModelServerError
from serve_app.models.rows import WEIGHTS_DIR, ModelRow

MANIFEST_FILE = "manifest.json"
REWRITE = "python -m serve_app.models.manifest"


class Part(BaseModel):
    """The parts of a manifest are frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(Part):
    """One file of a model."""

    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read the file; raises OSError where it cannot be read."""
        return cls(size_bytes=path.stat().st_size, sha256=sha256_of(path))


class ModelEntry(Part):
    """One model: the version it says it has, and its files by name."""

    version: str
    files: dict[str, FileEntry]


class Manifest(Part):
    """All models that ship, by name."""

    models: dict[str, ModelEntry]

    @classmethod
    def of(cls, rows: Iterable[ModelRow], versions: dict[str, str], folder: Path = WEIGHTS_DIR) -> Self:
        """What lies in a folder. versions: of each row, as its loaded model tells. Raises OSError for a file that
        cannot be read.
        """
        return cls(
            models={
                row.name: ModelEntry(
                    version=versions[row.name], files={name: FileEntry.of(folder / name) for name in row.files}
                )
                for row in rows
            }
        )

    @classmethod
    def load(cls, folder: Path = WEIGHTS_DIR) -> Self:
        """Read the manifest beside the weights; raises `bad_setting` where it is missing or no manifest."""
        path = folder / MANIFEST_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError) as fault:
            told = str(fault).partition("\n")[0]
            raise ModelServerError(
                "bad_setting", f"{path} cannot be read ({told}); install the package again, or write it by `{REWRITE}`"
            ) from fault

    def save(self, folder: Path = WEIGHTS_DIR) -> Path:
        """Write it beside the weights and give its path."""
        path = folder / MANIFEST_FILE
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path


def sha256_of(path: Path) -> str:
    """The hash of a file in hex; raises OSError where it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Load every family, which says the versions, and write the manifest of its files."""
    from serve_app.models.families import FAMILIES

    rows = [row for family in FAMILIES.values() for row in family.rows]
    told = [info for family in FAMILIES.values() for info in family.load(1).describe()]
    path = Manifest.of(rows, {info.name: info.version for info in told}).save()
    print(path)  # noqa: T201  the answer of the command


if __name__ == "__main__":
    main()
