"""Where a run stands, on disk after every epoch, so that it can be killed at any time and goes on to the same weights.

last.pt has all that the next epoch depends on, best_N.pt the weights of the best epoch, N. Each appears whole or not at
all, the best first: a run killed between the two does that epoch again, to the same end. Earlier bests go after both.
"""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from catalog_jobs.catalog.learning.report import Epoch, Validation
from catalog_jobs.catalog.report import Document
from catalog_jobs.evaluate.measures.samples import MeanRates
from infra.errors import ErrorCode, ReelwearError

LAST_FILE, BEST_FILES = "last.pt", "best_*.pt"
FORMAT: Final = 1


class Seen(Document):
    """A validation and what its measure is made of."""

    validation: Validation
    samples: MeanRates


class Story(Document):
    """What a run has been through. key: what it was begun with. before: the model as it came. best: the best so far,
    before where none was better. stopped: done or patience, None while there is more to do.
    """

    key: dict[str, str]
    before: Seen
    best: Seen
    best_epoch: int = 0
    epochs: tuple[Epoch, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True)
class Checkpoint:
    """What last.pt holds. before: unit vectors of held-out pictures by the model as it came."""

    story: Story
    before: Tensor
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Parts:
    """What is kept and given back besides the story."""

    module: nn.Module
    optimizer: Optimizer
    schedule: LRScheduler
    device: torch.device

    def state(self) -> dict[str, Any]:
        """All of it, with where the random numbers are."""
        cuda = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        return {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "cuda": cuda,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """As it was."""
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"].cpu())
        if self.device.type == "cuda" and state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"].cpu(), self.device)


def save_last(folder: Path, story: Story, before: Tensor, parts: Parts) -> None:
    """Write last.pt, and keep of the best epochs the one that it names. Raises DISK_FULL where there is no room."""
    told = {"format": FORMAT, "story": story.model_dump_json(), "before": before, "state": parts.state()}
    write_whole(folder / LAST_FILE, told)
    for path in folder.glob(BEST_FILES):
        if path != best_file(folder, story.best_epoch):
            path.unlink()


def best_file(folder: Path, epoch: int) -> Path:
    """Where the weights of an epoch lie while it is the best."""
    return folder / BEST_FILES.replace("*", str(epoch))


def save_best(folder: Path, epoch: int, module: nn.Module) -> None:
    """Write the weights of an epoch. Raises DISK_FULL where they cannot be written."""
    write_whole(best_file(folder, epoch), {"format": FORMAT, "module": module.state_dict()})


def load_last(folder: Path, key: Mapping[str, str]) -> Checkpoint | None:
    """Where a run stood, None where none was begun. Raises BAD_REQUEST for a run that was begun with something else."""
    told = read_whole(folder / LAST_FILE)
    if told is None:
        return None
    story = Story.model_validate_json(told["story"])
    other = [name for name in key.keys() | story.key.keys() if key.get(name) != story.key.get(name)]
    if other:
        changed = "; ".join(f"{name} was {story.key.get(name)} and is {key.get(name)}" for name in sorted(other))
        message = f"{folder.parent} holds a run that was begun otherwise ({changed}); give the same, or another --out"
        raise ReelwearError(ErrorCode.BAD_REQUEST, message)
    return Checkpoint(story, told["before"], told["state"])


def load_best(folder: Path, epoch: int, module: nn.Module) -> None:
    """Put the weights of the best epoch into a module. Raises BAD_REQUEST where they are gone."""
    path = best_file(folder, epoch)
    told = read_whole(path)
    if told is None:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} is gone; begin anew with another --out")
    module.load_state_dict(told["module"])


def write_whole(path: Path, told: Mapping[str, Any]) -> None:
    """Write a file in one step, so that a kill leaves the old one or the new one."""
    scratch = path.with_name(f".{path.name}.part")
    try:
        with scratch.open("wb") as file:
            torch.save(dict(told), file)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except (OSError, RuntimeError) as fault:
        scratch.unlink(missing_ok=True)
        message = f"{path} cannot be written ({fault}); make room and go on with --resume"
        raise ReelwearError(ErrorCode.DISK_FULL, message) from fault


def read_whole(path: Path) -> dict[str, Any] | None:
    """What `write_whole` wrote; no code in it is run. Raises BAD_REQUEST for a file that is none."""
    if not path.is_file():
        return None
    try:
        told = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as fault:
        what = str(fault).partition("\n")[0]
        raise ReelwearError(
            ErrorCode.BAD_REQUEST, f"{path} cannot be read ({what}); remove it, or give another --out"
        ) from fault
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} is no checkpoint of a fine-tuning; give another --out")
    return told
