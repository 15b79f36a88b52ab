"""Where the files of large models lie, and whether they are all there and whole. Needs no torch, reads no weights."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from serve_app.errors import ModelServerError
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.large.checked_files import read_object
from serve_app.models.large.exported import (
    EMBEDDER_FILE,
    faults_by_version,
    faults_of_export,
    is_export,
    row_of_export,
)
from serve_app.models.large.table import (
    CONFIG_FILE,
    EXPORTED,
    LARGE_MODELS,
    MODEL_TYPES,
    OLDER_TEXT_FILES,
    PICTURE_FILES,
    ROLES,
    TEXT_FILES,
    TOWERS,
    WEIGHTS_FILE,
    Architecture,
    LargeModel,
    find_model,
)
from serve_app.models.manifest import FileEntry, sha256_of

HUB_URL: Final = "https://huggingface.co"
RECEIPT_FILE: Final = "reelwear-pull.json"
INDEX_FILE: Final = f"{WEIGHTS_FILE}.index.json"
PICKLES: Final = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
HEADER_LENGTH_BYTES: Final = 8
# The longest header that safetensors' own reader takes.
MAX_HEADER_BYTES: Final = 100_000_000

FolderState = Literal["pulled", "by hand", "incomplete", "not here"]


class Receipt(BaseModel):
    """What a pull brought: written last, so that a folder with one was whole. files: by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    repository: str
    revision: str
    commit: str
    files: dict[str, FileEntry]

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """The folder's receipt, None where it has none; raises `bad_setting` for a damaged one."""
        path = folder / RECEIPT_FILE
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as fault:
            told = str(fault).partition("\n")[0]
            raise ModelServerError(
                "bad_setting", f"{path} cannot be read ({told}); remove it and pull again"
            ) from fault

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.size_bytes for file in self.files.values())


def models_dir_of(environment: Mapping[str, str]) -> Path:
    """The models folder: REELWEAR_MODELS_DIR, else reelwear/models in the user's cache (XDG_CACHE_HOME, ~/.cache)."""
    chosen = environment.get("REELWEAR_MODELS_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reelwear" / "models"


def folder_of(model: LargeModel, models_dir: Path) -> Path:
    """Where the model's files lie or would lie."""
    return model.folder or models_dir / model.name


def choose_model(setting: str) -> LargeModel:
    """The model that a setting names: a name of the table, a hub id of the table, or the path of a folder.

    Raises `bad_setting` for what is none of these.
    """
    path = Path(setting).expanduser()
    if setting.startswith(("/", "./", "../", "~")) or setting in (".", "..") or path.is_dir():
        return model_of_folder(path.absolute())
    return find_model(setting)


def model_of_folder(folder: Path) -> LargeModel:
    """A row for a folder of one's own, by the model_type of its config.json, or by embedder.json where it was exported.
    Its licence is not known.

    Raises `bad_setting` for a folder that is missing, is damaged or holds no model of a known type.
    """
    if not folder.is_dir():
        raise ModelServerError(
            "bad_setting",
            f"{folder} is no folder; give one with {CONFIG_FILE} and {WEIGHTS_FILE}, or one "
            f"that was exported, with {EMBEDDER_FILE}",
        )
    if is_export(folder):
        return row_of_export(folder)
    if (folder / IMAGE_TEXT.files[0]).is_file():
        return row_of_towers(folder)
    config = read_object(folder / CONFIG_FILE)
    architecture = MODEL_TYPES.get(str(config.get("model_type")))
    if architecture is None:
        told, known = config.get("model_type"), ", ".join(MODEL_TYPES)
        raise ModelServerError("bad_setting", f"{folder / CONFIG_FILE} is of model_type {told!r}; known: {known}")
    alike = [model for model in LARGE_MODELS if model.architecture == architecture]
    return LargeModel(
        name=folder.name,
        architecture=architecture,
        repository="",
        licence="unknown",
        parameters_m=sum(count_parameters(path) for path in weights_of(folder)) / 1e6,
        activation_bytes=max((model.activation_bytes for model in alike), default=0),
        files=(*PICTURE_FILES, *text_files_of(folder, architecture)),
        dimension=dimension_of(config) if ROLES[architecture] == "embedder" else None,
        folder=folder,
    )


def row_of_towers(folder: Path) -> LargeModel:
    """A row for a folder of our own embedder's files, whose memory is told by their size."""
    graphs = [path for name in IMAGE_TEXT.files if (path := folder / name).suffix == ".onnx" and path.is_file()]
    return LargeModel(
        name=IMAGE_TEXT.name,
        architecture=TOWERS,
        repository="",
        licence=IMAGE_TEXT.licence,
        parameters_m=sum(path.stat().st_size for path in graphs) / 1e6,
        activation_bytes=0,
        files=IMAGE_TEXT.files,
        dimension=IMAGE_TEXT.dimension,
        is_gpu_advised=False,
        bytes_per_weight=1,
        folder=folder,
    )


def text_files_of(folder: Path, architecture: Architecture) -> tuple[str, ...]:
    """The files of the tokenizer that a model needs; OWLv2's may be in either form."""
    if architecture == "owlv2" and not (folder / TEXT_FILES[0]).is_file():
        return OLDER_TEXT_FILES
    reads_texts = architecture in ("grounding-dino", "owlv2") or ROLES[architecture] == "embedder"
    return TEXT_FILES if reads_texts else ()


def dimension_of(config: Mapping[str, Any]) -> int | None:
    """Numbers in a vector of a CLIP or SigLIP by its config.json; None where that does not say."""
    vision = config.get("vision_config")
    found = config.get("projection_dim") if config.get("model_type") == "clip" else None
    if found is None and isinstance(vision, dict):
        found = vision.get("hidden_size")
    return found if isinstance(found, int) else None


def require_folder(model: LargeModel, models_dir: Path) -> Path:
    """The folder of a model whose files are all there, of the sizes they should have; hashes are `verify`'s.

    Raises `bad_setting` with the model's name, what is wrong, and how to bring the files with and without a network.
    """
    folder = folder_of(model, models_dir)
    found = faults_of(model, folder)
    if found:
        raise ModelServerError("bad_setting", f"{model.name}: {'; '.join(found)}; {way_out(model, models_dir)}")
    return folder


def verify(model: LargeModel, models_dir: Path) -> Receipt | None:
    """Hold every file against the receipt by its hash, and give the receipt; None where the files came by hand.

    Reads all weights. Raises `bad_setting` as `require_folder` does, and for files of another hash.
    """
    folder = require_folder(model, models_dir)
    changed = faults_by_hash(folder)
    if changed:
        raise ModelServerError("bad_setting", f"{model.name}: {'; '.join(changed)}; {way_out(model, models_dir)}")
    return Receipt.load(folder)


def state_of(model: LargeModel, models_dir: Path) -> FolderState:
    """How the model's files stand, by their sizes."""
    folder = folder_of(model, models_dir)
    if not any(folder.glob("*.json")) and not any(folder.glob("*.safetensors")):
        return "not here"
    try:
        if faults_of(model, folder):
            return "incomplete"
        return "pulled" if Receipt.load(folder) else "by hand"
    except ModelServerError:
        return "incomplete"


def way_out(model: LargeModel, models_dir: Path) -> str:
    """How to bring a model's files: from the hub, or by hand where there is no network."""
    if model.folder:
        return "bring the files, or name another folder"
    return f"run `reelwear models pull {model.name}`; {by_hand(model, models_dir)}"


def by_hand(model: LargeModel, models_dir: Path) -> str:
    """How to bring a model's files without a network."""
    files = ", ".join((*model.files, WEIGHTS_FILE))
    tree = "" if model.revision == "main" else f"/tree/{model.revision}"
    source = f"{HUB_URL}/{model.repository}{tree}"
    return f"without a network, copy {files} from {source} into {folder_of(model, models_dir)}"


def faults_of(model: LargeModel, folder: Path) -> list[str]:
    """What keeps a folder from being loaded, in words; nothing where it is whole."""
    if not folder.is_dir():
        return [f"{folder} is not there"]
    if model.architecture == EXPORTED:
        return faults_of_export(folder)
    missing = [name for name in model.files if not (folder / name).is_file()]
    found = [f"{folder} lacks {', '.join(missing)}"] if missing else []
    if model.architecture == TOWERS:
        return found
    found += faults_of_weights(folder)
    if CONFIG_FILE not in missing:
        found += faults_of_config(model, folder / CONFIG_FILE)
    return found + list(faults_by_receipt(model, folder))


def faults_of_weights(folder: Path) -> list[str]:
    """Weights that are missing, pickled, or not as long as their own headers say."""
    try:
        files = weights_of(folder)
    except ModelServerError as fault:
        return [fault.message]
    absent = [path.name for path in files if not path.is_file()]
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLES)
    if absent and pickled:
        return [f"{folder} has {', '.join(pickled)}, which may run code when read: safetensors only"]
    if absent:
        return [f"{folder} lacks {', '.join(absent)}"]
    return [f"{path} is not whole" for path in files if not is_whole(path)]


def faults_of_config(model: LargeModel, path: Path) -> list[str]:
    """A config.json of another architecture, or one that asks for code of its own without being of a known type."""
    try:
        config = read_object(path)
    except ModelServerError as fault:
        return [fault.message]
    told = config.get("model_type")
    if "auto_map" in config and told not in MODEL_TYPES:
        return [f"{path} asks to run code of its own (auto_map) for model_type {told!r}, which is never done"]
    if MODEL_TYPES.get(str(told)) != model.architecture:
        return [f"{path} is of model_type {told!r}, which is no {model.architecture}"]
    return []


def faults_by_receipt(model: LargeModel, folder: Path) -> Iterator[str]:
    """Files that are not of the size they were pulled with, and a receipt of another model."""
    try:
        receipt = Receipt.load(folder)
    except ModelServerError as fault:
        yield fault.message
        return
    if receipt is None:
        return
    if model.repository and receipt.repository != model.repository:
        yield f"{folder} holds {receipt.repository}, not {model.repository}"
    for name, entry in receipt.files.items():
        path = folder / name
        size_bytes = path.stat().st_size if path.is_file() else None
        if size_bytes != entry.size_bytes:
            told = "missing" if size_bytes is None else f"{size_bytes} bytes long"
            yield f"{path} is {told}; {entry.size_bytes} bytes were pulled"


def faults_by_hash(folder: Path) -> list[str]:
    """Files that are not those that were pulled or exported. Reads them all; raises `bad_setting` for a damaged receipt
    or card.
    """
    if is_export(folder):
        return faults_by_version(folder)
    receipt = Receipt.load(folder)
    entries = receipt.files.items() if receipt else ()
    changed = [name for name, entry in entries if sha256_of(folder / name) != entry.sha256]
    return [f"{', '.join(changed)} in {folder} changed since they were pulled"] if changed else []


def weights_of(folder: Path) -> list[Path]:
    """The files of weights that a folder should have: one, or the parts that its index names.

    Raises `bad_setting` for an index that cannot be read or names files elsewhere.
    """
    if (folder / WEIGHTS_FILE).is_file() or not (folder / INDEX_FILE).is_file():
        return [folder / WEIGHTS_FILE]
    parts = read_object(folder / INDEX_FILE).get("weight_map")
    names = set(parts.values()) if isinstance(parts, dict) else set()
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ModelServerError("bad_setting", f"{folder / INDEX_FILE} names no parts beside it; pull it again")
    return [folder / name for name in sorted(names)]


def is_whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        header_bytes, header = read_header(path)
    except (OSError, ValueError):
        return False
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    return path.stat().st_size == HEADER_LENGTH_BYTES + header_bytes + max(ends, default=0)


def count_parameters(path: Path) -> int:
    """Numbers in a safetensors file by its header; 0 where it cannot be read."""
    try:
        header = read_header(path)[1]
    except (OSError, ValueError):
        return 0
    return sum(math.prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")


def read_header(path: Path) -> tuple[int, dict[str, Any]]:
    """The length in bytes and the content of a safetensors file's header: 8 bytes of little-endian length, then JSON.

    Raises OSError and ValueError.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(HEADER_LENGTH_BYTES), "little")
        if not 0 < length <= MAX_HEADER_BYTES:
            raise ValueError(f"a header of {length} bytes")
        header = json.loads(file.read(length))
    if not isinstance(header, dict) or not all(
        isinstance(tensor, dict) and {"data_offsets", "shape"} <= tensor.keys()
        for name, tensor in header.items()
        if name != "__metadata__"
    ):
        raise ValueError("not a header of safetensors")
    return length, header
