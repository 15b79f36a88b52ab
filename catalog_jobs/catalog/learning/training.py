"""The training: epochs of contrastive steps, each looked at, the best kept."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from catalog_jobs.catalog.learning.checkpoints import Checkpoint, Parts, Seen, Story, save_best, save_last
from catalog_jobs.catalog.learning.facts import FactTable, Numbers
from catalog_jobs.catalog.learning.learner import Learner, tensors_of
from catalog_jobs.catalog.learning.losses import spread_loss
from catalog_jobs.catalog.learning.options import FinetuneOptions
from catalog_jobs.catalog.learning.pace import Clock, OnStep, Step
from catalog_jobs.catalog.learning.pictures import Shelf
from catalog_jobs.catalog.learning.report import Epoch
from catalog_jobs.catalog.learning.rows import PromptRow
from catalog_jobs.catalog.learning.validation import look

WARM_UP_SHARE: Final = 0.1
MOST_GRADIENT: Final = 1.0


class Trainer:
    """One training. train, val: the rows of both sides. checkpoints: a folder that is there."""

    def __init__(
        self,
        learner: Learner,
        train: Sequence[PromptRow],
        val: Sequence[PromptRow],
        options: FinetuneOptions,
        shelf: Shelf,
        checkpoints: Path,
        clock: Clock,
        on_step: OnStep,
    ) -> None:
        self._learner, self._train, self._val = learner, train, val
        self._options, self._shelf, self._checkpoints = options, shelf, checkpoints
        self._clock, self._on_step = clock, on_step
        self._facts = FactTable.of(train)
        self.rate = learner.rate if options.rate is None else options.rate
        optimizer = AdamW(groups_of(learner, options.weight_decay), lr=self.rate)
        per_epoch = len(batches_of(self._facts.products, options, 1))
        schedule = LambdaLR(optimizer, share_of_rate(options.epochs * per_epoch))
        device = learner.scale_parameters[0].device
        self._parts = Parts(learner.module, optimizer, schedule, device)

    def begin(self, key: dict[str, str]) -> Checkpoint:
        """Look at the model as it came, and note that the run has begun."""
        torch.manual_seed(self._options.seed)
        seen = look(self._learner, self._val, self._shelf, self._options.batch)
        told = Seen(validation=seen.validation, samples=seen.samples)
        before = torch.from_numpy(seen.images)
        story = Story(key=key, before=told, best=told)
        save_last(self._checkpoints, story, before, self._parts)
        return Checkpoint(story, before, {})

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Take up a run where it stood."""
        self._parts.restore(checkpoint.state)

    def run(self, story: Story, before: Tensor) -> Story:
        """Train until all epochs are done or none was better for as many as there is patience.

        Raises OutOfTime and KeyboardInterrupt; where it stood then is on disk.
        """
        while story.stopped is None:
            story = self._epoch(story, len(story.epochs) + 1)
            if len(story.epochs) >= self._options.epochs:
                story = story.model_copy(update={"stopped": "done"})
            elif len(story.epochs) - story.best_epoch >= self._options.patience:
                story = story.model_copy(update={"stopped": "patience"})
            save_last(self._checkpoints, story, before, self._parts)
        return story

    def _epoch(self, story: Story, epoch: int) -> Story:
        began_s = time.monotonic()
        loss = self._learn(epoch)
        seen = look(self._learner, self._val, self._shelf, self._options.batch)
        is_best = seen.validation.measure > story.best.validation.measure
        if is_best:
            save_best(self._checkpoints, epoch, self._learner.module)
        told = Epoch(
            epoch=epoch,
            train_loss=round(loss, 6),
            validation=seen.validation,
            is_best=is_best,
            seconds=round(time.monotonic() - began_s, 2),
        )
        changes: dict[str, object] = {"epochs": (*story.epochs, told)}
        if is_best:
            changes |= {"best_epoch": epoch, "best": Seen(validation=seen.validation, samples=seen.samples)}
        return story.model_copy(update=changes)

    def _learn(self, epoch: int) -> float:
        """One time through the training rows; the mean loss."""
        self._learner.train(True)
        batches = batches_of(self._facts.products, self._options, epoch)
        total = 0.0
        for number, (batch, pictures) in enumerate(
            zip(batches, self._shelf.views(self._train, batches, epoch), strict=True), start=1
        ):
            self._clock.check()
            loss = self._step(batch, [self._train[row].text for row in batch], pictures)
            total += loss * len(batch)
            self._clock.seen += len(batch)
            self._on_step(self._told(epoch, number, len(batches), loss))
        return total / len(self._train)

    def _step(self, batch: NDArray[np.int64], texts: Sequence[str], pictures: Sequence[NDArray[np.uint8]]) -> float:
        learner = self._learner
        images = learner.images(pictures)
        loss = learner.loss(learner.texts(texts), images, self._facts.match(batch, batch))
        if self._options.picture_share:
            loss = loss + self._options.picture_share * self._picture_loss(batch, images)
        self._parts.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        trained = [weights for group in self._parts.optimizer.param_groups for weights in group["params"]]
        nn.utils.clip_grad_norm_(trained, MOST_GRADIENT)
        self._parts.optimizer.step()
        self._parts.schedule.step()
        learner.after_step()
        return float(loss.detach())

    def _picture_loss(self, batch: NDArray[np.int64], images: Tensor) -> Tensor:
        """Each picture must find the others of its garment among those of the batch."""
        belongs, counts = tensors_of(self._facts.match_pictures(batch, batch), images.device)
        return spread_loss(images @ images.T, belongs, counts, 1 / self._learner.temperature())

    def _told(self, epoch: int, done: int, batches: int, loss: float) -> Step:
        rate = self._clock.seen / max(self._clock.seconds, 1e-6)
        left = (self._options.epochs - epoch + 1 - done / batches) * len(self._train)
        return Step(epoch, self._options.epochs, done, batches, loss, rate, left / max(rate, 1e-6))


def batches_of(products: Numbers, options: FinetuneOptions, epoch: int) -> list[NDArray[np.int64]]:
    """The rows of each batch of an epoch, in an order of its own; of nearly one size, none of them of one row.

    products: of each row, by number. The rows of one product follow each other, so that a batch has its pictures
    together, whatever the catalogue's size.
    """
    rng = np.random.default_rng([options.seed, epoch])
    place = rng.permutation(int(products.max()) + 1)[products]
    order = np.lexsort((rng.random(len(products)), place)).astype(np.int64)
    return np.array_split(order, max(1, round(len(products) / options.batch)))


def share_of_rate(steps: int) -> Callable[[int], float]:
    """The share of the rate at a step: a straight rise over the first tenth, then half a cosine down to nothing."""
    warm = max(1, math.ceil(steps * WARM_UP_SHARE))

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))

    return share


def groups_of(learner: Learner, weight_decay: float) -> list[dict[str, object]]:
    """What is trained, matrices with decay, the rest (biases, norms, the scale) without."""
    scales = {id(weights) for weights in learner.scale_parameters}
    trained = [weights for weights in learner.module.parameters() if weights.requires_grad]
    matrices = [weights for weights in trained if weights.ndim > 1 and id(weights) not in scales]
    kept = {id(weights) for weights in matrices}
    others = [weights for weights in trained if id(weights) not in kept]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
