"""The large models of others: what lies in the models folder of them, whether it is whole, and how it gets there."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infra.errors import ErrorCode, ReelwearError
from infra.local.doctor import Check, Verdict
from infra.local.weights.shelf import Document, ListedLarge
from infra.local.words import bytes_text
from infra.settings import ModelSettings
from serve_app.config import EMBEDDED
from serve_app.errors import ModelServerError
from serve_app.models.large.choice import Choice
from serve_app.models.large.exported import ExportedCard
from serve_app.models.large.folders import (
    Receipt,
    choose_model,
    faults_by_hash,
    faults_of,
    folder_of,
    state_of,
    way_out,
)
from serve_app.models.large.pull import Hub, OnProgress, pull
from serve_app.models.large.table import EXPORTED, LARGE_MODELS, LargeModel, find_model

SHOWN_DIGITS = 12
CODES = {
    code.code: code
    for code in (ErrorCode.BAD_SETTING, ErrorCode.UNAUTHORIZED, ErrorCode.DISK_FULL, ErrorCode.ALREADY_RUNNING)
}


class PulledModel(Document):
    """What `reelwear models pull --json` answers. fetched_bytes: of size_bytes, what was not there before."""

    name: str
    repository: str
    commit: str
    licence: str
    caution: str
    folder: str
    files: tuple[str, ...]
    size_bytes: int
    fetched_bytes: int


def known_models(chosen: ModelSettings) -> tuple[LargeModel, ...]:
    """The models of the table, then the folders that the settings name and that can be read."""
    own = []
    for setting in settings_of(chosen):
        with suppress(ModelServerError):
            own.append(choose_model(setting))
    return *LARGE_MODELS, *(model for model in own if model.folder)


def settings_of(chosen: ModelSettings) -> tuple[str, ...]:
    """What the settings name besides the models that ship, each once."""
    named = (chosen.detector, chosen.segmenter, chosen.embedder, chosen.people)
    return tuple(dict.fromkeys(setting for setting in named if setting not in ("", EMBEDDED)))


def list_large(models_dir: Path, chosen: ModelSettings) -> tuple[ListedLarge, ...]:
    """Every large model, by what lies in the models folder."""
    return tuple(listed_large(model, models_dir, is_used(model, chosen)) for model in known_models(chosen))


def listed_large(model: LargeModel, models_dir: Path, is_used: bool) -> ListedLarge:
    """One model."""
    folder = folder_of(model, models_dir)
    state = state_of(model, models_dir)
    receipt = Receipt.load(folder) if state == "pulled" else None
    has_version = state == "pulled" or (state == "by hand" and is_used)
    return ListedLarge(
        name=model.name,
        role=model.role,
        licence=model.licence,
        caution=model.caution,
        repository=model.repository,
        dimension=model.dimension,
        memory_bytes=model.memory_bytes,
        needs=model.needs,
        is_used=is_used,
        state=state,
        folder=str(folder),
        size_bytes=0 if state == "not here" else sum(path.stat().st_size for path in files_in(folder)),
        commit=receipt.commit if receipt else None,
        version=Choice(model, folder).version if has_version else None,
    )


def is_used(model: LargeModel, chosen: ModelSettings) -> bool:
    """Whether the settings name the model."""
    names = {model.name.lower(), model.repository.lower()}
    return bool(model.folder) or any(setting.lower() in names for setting in settings_of(chosen))


def files_in(folder: Path) -> list[Path]:
    """The files of a folder; those of a pull that broke off too."""
    return [path for path in folder.iterdir() if path.is_file()]


def check_large(models_dir: Path, chosen: ModelSettings) -> Iterator[Check]:
    """Whether each model that lies here is the one that was pulled, and each that the settings name lies here."""
    for setting in settings_of(chosen):
        try:
            choose_model(setting)
        except ModelServerError as error:
            yield Check(name=setting, verdict=Verdict.ERROR, found=error.message, remedy="`reelwear models list`")
    for model in known_models(chosen):
        if is_used(model, chosen) or state_of(model, models_dir) != "not here":
            yield check_folder(model, models_dir)


def check_folder(model: LargeModel, models_dir: Path) -> Check:
    """Whether a model's files are there and, where there is a receipt, those that were pulled. Hashes them all."""
    folder = folder_of(model, models_dir)
    found = faults_of(model, folder) or faults_by_hash(folder)
    if found:
        remedy = way_out(model, models_dir)
        return Check(name=model.name, verdict=Verdict.ERROR, found="; ".join(found), remedy=remedy)
    if model.architecture == EXPORTED:
        card = ExportedCard.load(folder)
        told = f"exported from {card.made_from}, version {card.version} as its files say"
        return Check(name=model.name, verdict=Verdict.OK, found=told)
    receipt = Receipt.load(folder)
    if receipt is None:
        return Check(name=model.name, verdict=Verdict.OK, found="brought by hand, no receipt to hold it against")
    size, commit = bytes_text(receipt.size_bytes), receipt.commit[:SHOWN_DIGITS]
    return Check(name=model.name, verdict=Verdict.OK, found=f"{len(receipt.files)} files, {size}, as at {commit}")


def pull_model(name: str, models_dir: Path, hub: Hub, on_progress: OnProgress) -> PulledModel:
    """Fetch a model of the table. Raises NOT_FOUND with the known names, and the pull's faults under the names that
    this house has for them, else PART_FAILED.
    """
    try:
        model = find_model(name)
    except ModelServerError as fault:
        raise ReelwearError(ErrorCode.NOT_FOUND, fault.message) from fault
    try:
        done = pull(model, models_dir, hub, on_progress)
    except ModelServerError as fault:
        raise ReelwearError(CODES.get(fault.code, ErrorCode.PART_FAILED), fault.message) from fault
    return PulledModel(
        name=done.name,
        repository=done.repository,
        commit=done.commit,
        licence=model.licence,
        caution=model.caution,
        folder=str(done.folder),
        files=done.files,
        size_bytes=done.size_bytes,
        fetched_bytes=done.fetched_bytes,
    )
