"""Which large models the settings name, and whether their files are there; read before anything is loaded."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serve_app.config import EMBEDDED, ServeSettings
from serve_app.errors import ModelServerError
from serve_app.models.calibration import Calibration
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.large.exported import ExportedCard
from serve_app.models.large.folders import Receipt, choose_model, require_folder, weights_of
from serve_app.models.large.table import EXPORTED, LARGE_MODELS, TOWERS, LargeModel, LargeRole
from serve_app.models.manifest import sha256_of

VERSION_DIGITS: Final = 12


@dataclass(frozen=True)
class Choice:
    """A model that a setting names, and the folder with its files, which are all there."""

    model: LargeModel
    folder: Path

    @property
    def version(self) -> str:
        """The start of a hash that changes with any file of the model; of what was pulled, by its receipt; of what was
        exported, the one its card tells.
        """
        if self.model.architecture == EXPORTED:
            return ExportedCard.load(self.folder).version
        if self.model.architecture == TOWERS:
            return Calibration.load(self.folder / IMAGE_TEXT.files[3]).model_version
        receipt = Receipt.load(self.folder)
        if receipt:
            hashes = {name: entry.sha256 for name, entry in receipt.files.items()}
        else:
            named = [self.folder / name for name in self.model.files]
            hashes = {path.name: sha256_of(path) for path in [*named, *weights_of(self.folder)]}
        told = "".join(f"{name}:{digest}\n" for name, digest in sorted(hashes.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:VERSION_DIGITS]


def chosen(settings: ServeSettings) -> Mapping[LargeRole, Choice]:
    """The large models by role; a role that the package's own models fill is left out.

    Raises `bad_setting` for a name that is not known or of another role, for files that are not there, and for a
    detector and a segmenter that cannot go together.
    """
    named: dict[LargeRole, str] = {
        "detector": settings.detector,
        "segmenter": settings.segmenter,
        "embedder": settings.embedder,
        "people": settings.people,
    }
    choices = {role: choose(role, name, settings) for role, name in named.items() if name not in ("", EMBEDDED)}
    if (settings.detector == EMBEDDED) != (settings.segmenter == EMBEDDED):
        raise ModelServerError(
            "bad_setting",
            f"REELWEAR_DETECTOR is {settings.detector!r} and REELWEAR_SEGMENTER {settings.segmenter!r}; the parser of "
            f"the package detects and segments in one, so that both are {EMBEDDED!r} or neither is",
        )
    if settings.people and settings.detector == EMBEDDED:
        raise ModelServerError(
            "bad_setting",
            f"REELWEAR_PEOPLE is {settings.people!r} beside the parser of the package, which tells wearers apart "
            "itself; leave it empty, or choose a large detector",
        )
    return choices


def choose(role: LargeRole, name: str, settings: ServeSettings) -> Choice:
    """One model for one role."""
    setting = f"REELWEAR_{role.upper()} is {name!r}"
    own = [] if role == "people" else [EMBEDDED]
    fitting = ", ".join([*own, *(row.name for row in LARGE_MODELS if row.role == role)])
    try:
        model = choose_model(name)
    except ModelServerError as error:
        raise ModelServerError("bad_setting", f"{setting}: {error.message}; for this role: {fitting}") from error
    if model.role != role:
        raise ModelServerError("bad_setting", f"{setting}, a model for another role ({model.role}); known: {fitting}")
    try:
        return Choice(model, require_folder(model, settings.models_dir))
    except ModelServerError as error:
        raise ModelServerError("bad_setting", f"{setting}: {error.message}") from error
