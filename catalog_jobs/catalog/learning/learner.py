"""What every model that is fine-tuned can do, and how one is found by its name."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

import torch
from torch import Tensor, nn

from catalog_jobs.catalog.learning.facts import Match
from catalog_jobs.catalog.learning.options import FinetuneOptions, Layers
from infra.errors import ErrorCode, ReelwearError
from serve_app.errors import ModelServerError
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.pictures import Image
from serve_app.models.rows import WEIGHTS_DIR

EMBEDDED: Final = "embedded"


class Learner(Protocol):
    """An embedder under training. module: everything that is trained or kept. rate: the learning rate that suits it.
    scale_parameters: what cosines are multiplied by and added, as logarithm and bias, not decayed.
    """

    family: str
    version: str
    rate: float
    layers: Layers
    module: nn.Module
    scale_parameters: Sequence[nn.Parameter]

    def images(self, pictures: Sequence[Image]) -> Tensor:
        """Unit vectors (B×D float32, on the device) of RGB pictures, with their gradients."""
        ...

    def texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (B×D float32, on the device), with their gradients."""
        ...

    def loss(self, texts: Tensor, images: Tensor, match: Match) -> Tensor:
        """The family's own loss over a batch: texts (T×D) and images (P×D)."""
        ...

    def train(self, is_training: bool) -> None:
        """Turn on what is random in training, or off."""
        ...

    def after_step(self) -> None:
        """Keep the scale where it may be."""
        ...

    def temperature(self) -> float:
        """What cosines are divided by."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model as the model server loads it; the folder is there and empty."""
        ...

    def served(self, folder: Path, pictures: Sequence[Image], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """What the model server's own code makes of a saved folder."""
        ...


def load_learner(model: str, options: FinetuneOptions, device: torch.device) -> Learner:
    """`embedded`, a folder of the same files, or that of a CLIP or SigLIP. Raises BAD_SETTING for what is none."""
    folder = WEIGHTS_DIR if model == EMBEDDED else Path(model).expanduser()
    if not folder.is_dir():
        message = f"--model is {model}, no folder; give {EMBEDDED}, or the folder of a CLIP or SigLIP"
        raise ReelwearError(ErrorCode.BAD_SETTING, message)
    try:
        if (folder / IMAGE_TEXT.files[0]).is_file():
            from catalog_jobs.catalog.learning.towers import TowersLearner

            return TowersLearner(folder, options, device)
        from catalog_jobs.catalog.learning.clip import ClipLearner

        return ClipLearner(folder, options, device)
    except ModelServerError as fault:
        raise ReelwearError(ErrorCode.BAD_SETTING, fault.message) from fault


def device_of(name: str) -> torch.device:
    """The device of a name; auto is the GPU where there is one. Raises BAD_SETTING where it cannot be used."""
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as fault:
        told = str(fault).partition("\n")[0]
        message = f"--device is {name}, which cannot be used ({told}); try auto or cpu"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from fault
    return device


def tensors_of(match: Match, device: torch.device) -> tuple[Tensor, Tensor]:
    """What belongs and what counts, on a device."""
    return torch.from_numpy(match.belongs).to(device), torch.from_numpy(match.counts).to(device)


def set_trained(parameters: Iterable[nn.Parameter], is_trained: bool) -> None:
    """Whether parameters are trained."""
    for parameter in parameters:
        parameter.requires_grad_(is_trained)
