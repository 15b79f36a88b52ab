"""What `catalog_jobs.hub.export` writes: a CLIP or SigLIP as ONNX files, known by its embedder.json. Needs no torch."""

import hashlib
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from serve_app.errors import ModelServerError
from serve_app.models.large.table import CONFIG_FILE, EXPORTED, LARGE_MODELS, LargeModel

JOB: Final = "catalog_jobs.hub.export"
IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE, EMBEDDER_FILE = "image.onnx", "text.onnx", "tokenizer.json", "embedder.json"
EXPORTED_FILES: Final = (IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE, EMBEDDER_FILE)


class ExportedCard(BaseModel):
    """What embedder.json says of the files beside it to those who do not load them.

    version: changes with any of them. made_from: the model that was exported and its version there. is_int8: whether
    the graphs compute in bytes, for which they find one scale for all of a pass.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    dimension: int
    is_int8: bool
    made_from: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the card of a folder; raises `bad_setting` where it is missing or none."""
        path = folder / EMBEDDER_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValueError) as fault:
            told = str(fault).partition("\n")[0]
            raise ModelServerError(
                "bad_setting", f"{path} cannot be read ({told}); make the folder with `python -m {JOB}`"
            ) from fault

    def save(self, folder: Path) -> Path:
        """Write it beside the files it describes and give its path."""
        path = folder / EMBEDDER_FILE
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path

    @property
    def bytes_per_weight(self) -> int:
        """In the files and in memory."""
        return 1 if self.is_int8 else 4


def is_export(folder: Path) -> bool:
    """Whether a folder is known by its embedder.json; one with a config.json is a model of a hub."""
    return (folder / EMBEDDER_FILE).exists() and not (folder / CONFIG_FILE).exists()


def row_of_export(folder: Path) -> LargeModel:
    """A row for an exported folder, by its card; raises `bad_setting` for a card that cannot be read.

    Its licence is that of the model it was made from, which the card does not tell. Activations are those of the
    largest embedder of the table, in float32.
    """
    card = ExportedCard.load(folder)
    graphs = [folder / name for name in (IMAGE_FILE, TEXT_FILE)]
    size_bytes = sum(path.stat().st_size for path in graphs if path.is_file())
    return LargeModel(
        name=card.name,
        architecture=EXPORTED,
        repository="",
        licence="unknown",
        parameters_m=size_bytes / card.bytes_per_weight / 1e6,
        activation_bytes=2 * max(model.activation_bytes for model in LARGE_MODELS if model.role == "embedder"),
        files=EXPORTED_FILES,
        dimension=card.dimension,
        is_gpu_advised=False,
        bytes_per_weight=card.bytes_per_weight,
        folder=folder,
    )


def faults_of_export(folder: Path) -> list[str]:
    """What keeps an exported folder from being loaded, as far as it shows without reading the graphs."""
    missing = [name for name in EXPORTED_FILES if not (folder / name).is_file()]
    found = [f"{folder} lacks {', '.join(missing)}"] if missing else []
    if EMBEDDER_FILE not in missing:
        try:
            ExportedCard.load(folder)
        except ModelServerError as fault:
            found.append(fault.message)
    return found


def faults_by_version(folder: Path) -> list[str]:
    """Whether the files are those that the card was written for. Reads them all.

    The version is the hash of the other files and of the card before it had one.
    """
    version = ExportedCard.load(folder).version
    digest = hashlib.sha256()
    for name in (IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE):
        digest.update((folder / name).read_bytes())
    card = (folder / EMBEDDER_FILE).read_bytes()
    digest.update(card.replace(f'"version": "{version}"'.encode(), b'"version": ""', 1))
    found = digest.hexdigest()[: len(version)]
    if found == version:
        return []
    return [
        f"{folder} is of version {found}, but its {EMBEDDER_FILE} was written for {version}: a file changed since; "
        f"make the folder again with `python -m {JOB}`"
    ]
