"""Whether a trained model takes the place of the one before: only if held-out products say so beyond chance."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog_jobs.catalog.learning.checkpoints import Story
from catalog_jobs.catalog.learning.learner import Learner
from catalog_jobs.catalog.learning.report import Gain
from catalog_jobs.evaluate.measures.bootstrap import difference
from infra.errors import ErrorCode, ReelwearError
from serve_app.models.pictures import Image

KIN = "{} held-out products, variants as one"
# That all of fewer become better is likelier by chance (1 in 2^5) than the interval allows (1 in 40).
LEAST_KIN: Final = 6
MODEL_DIR, PART_DIR, OLD_DIR = "model", ".model.part", ".model.old"
# Between what was trained and what the server makes of the files; half a precision and bf16 cost this at most.
LEAST_COSINE, LEAST_BF16_COSINE = 0.999, 0.98


def gain_of(story: Story) -> Gain | None:
    """How the measure changed from the model as it came to the best epoch; None where nothing could be asked.

    The interval is of a bootstrap over held-out products (their variants with them), both models on the same ones.
    """
    by = difference(story.before.samples, story.best.samples)
    if by is None:
        return None
    return Gain(before=by.first, after=by.second, by=by.by, low=by.low, high=by.high, kin=by.n)


def worsened(story: Story) -> list[str]:
    """The searches that became worse beyond chance, though both together became better."""
    found = []
    for name in story.before.samples.groups:
        by = difference(story.before.samples.group(name), story.best.samples.group(name))
        if by is not None and by.high < 0:
            found.append(name.replace("_to_", " to "))
    return found


def verdict(story: Story, gain: Gain | None) -> tuple[bool, str]:
    """Whether the trained model is better, and why or why not, in words."""
    if not story.best_epoch or gain is None:
        return False, "no epoch was better than the model as it came"
    if gain.kin < LEAST_KIN:
        return False, f"{KIN.format(gain.kin)}, are too few to tell by; {LEAST_KIN} are the least"
    told = f"the measure went from {gain.before:.4f} to {gain.after:.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    if gain.low <= 0:
        return False, f"{told}, which may be chance: the interval over {KIN.format(gain.kin)} has 0 in it"
    if worse := worsened(story):
        return False, f"{told}, but the search {' and '.join(worse)} became worse beyond chance"
    return True, f"{told} on {KIN.format(gain.kin)}, beyond chance"


def write_model(learner: Learner, out: Path, pictures: Sequence[Image], texts: Sequence[str]) -> float:
    """Write the model as out/model, in place of one that was there, once the server's loader makes the same of it.

    Returns the least cosine between what was trained and what is served, over some pictures and texts. Raises
    PART_FAILED where they differ; what was there stays then.
    """
    part = out / PART_DIR
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    learner.save(part)
    least = least_cosine(learner, part, pictures, texts)
    limit = LEAST_BF16_COSINE if learner.scale_parameters[0].device.type == "cuda" else LEAST_COSINE
    if least < limit:
        message = f"{part} answers with a cosine of {least:.4f} to what was trained, under {limit}; it is not used"
        raise ReelwearError(ErrorCode.PART_FAILED, message)
    old = out / OLD_DIR
    shutil.rmtree(old, ignore_errors=True)
    if (out / MODEL_DIR).exists():
        (out / MODEL_DIR).rename(old)
    part.rename(out / MODEL_DIR)
    shutil.rmtree(old, ignore_errors=True)
    return least


@torch.no_grad()
def least_cosine(learner: Learner, folder: Path, pictures: Sequence[Image], texts: Sequence[str]) -> float:
    """Between the vectors of the learner and of the served folder."""
    learner.train(False)
    trained = torch.cat([learner.images(pictures), learner.texts(texts)]).cpu()
    served = torch.cat(learner.served(folder, pictures, texts)).cpu().float()
    return float((trained * served).sum(1).min())


def cosine_to_before(before: Tensor, after: NDArray[Any]) -> float:
    """Mean cosine between the vectors (N×D) of the same pictures before and after."""
    return float((before * torch.from_numpy(after)).sum(1).mean())
