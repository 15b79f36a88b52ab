"""How well held-out pictures are found, by their captions and by other pictures of the same garment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog_jobs.catalog.learning.facts import Bools, FactTable, Match
from catalog_jobs.catalog.learning.learner import Learner
from catalog_jobs.catalog.learning.pictures import Shelf
from catalog_jobs.catalog.learning.report import Search, Validation
from catalog_jobs.catalog.learning.rows import PromptRow
from catalog_jobs.evaluate.measures.samples import MeanRates, Rates

Floats = NDArray[np.float32]
Ranks = NDArray[np.int64]

SEARCHES: Final = ("text_to_image", "image_to_image")
UNIT: Final = "kin"
BLOCK: Final = 256
# Of these rows the order in which the loss is taken, so that variants lie in different batches as in training.
ORDER_SEED: Final = 5


@dataclass(frozen=True)
class Look:
    """One validation. samples: reciprocal ranks of both searches by kin. images: unit vectors (N×D) of the rows."""

    validation: Validation
    samples: MeanRates
    images: Floats


@dataclass(frozen=True)
class Found:
    """The ranks of the first right picture, and of which rows the queries were."""

    rows: NDArray[np.intp]
    ranks: Ranks


def look(learner: Learner, rows: Sequence[PromptRow], shelf: Shelf, batch: int) -> Look:
    """Look at held-out rows, two at least; nothing is learnt, and no random number drawn."""
    texts, images = vectors_of(learner, rows, shelf, batch)
    table = FactTable.of(rows)
    by_text = texts_to_images(rows, table, texts, images)
    by_image = images_to_images(table, images)
    samples = gather(rows, (by_text, by_image))
    measure = float(samples.values(np.ones((1, len(samples.keys))))[0])
    validation = Validation(
        text_to_image=search_of(by_text),
        image_to_image=search_of(by_image),
        loss=round(loss_of(learner, table, texts, images, batch), 6),
        measure=round(0.0 if np.isnan(measure) else measure, 6),
    )
    return Look(validation, samples, images)


@torch.no_grad()
def vectors_of(learner: Learner, rows: Sequence[PromptRow], shelf: Shelf, batch: int) -> tuple[Floats, Floats]:
    """Unit vectors of the rows' texts and pictures (N×D each)."""
    learner.train(False)
    texts, images = [], []
    for at in range(0, len(rows), batch):
        part = rows[at : at + batch]
        texts.append(learner.texts([row.text for row in part]).float().cpu())
        images.append(learner.images(shelf.plain(part)).float().cpu())
    return np.asarray(torch.cat(texts).numpy(), np.float32), np.asarray(torch.cat(images).numpy(), np.float32)


def texts_to_images(rows: Sequence[PromptRow], table: FactTable, texts: Floats, images: Floats) -> Found:
    """Each different text among all pictures."""
    firsts = {" ".join(row.text.casefold().split()): number for number, row in reversed(list(enumerate(rows)))}
    asked = np.array(sorted(firsts.values()), np.intp)
    everything = np.arange(len(rows))
    ranks = [
        first_ranks(texts[part] @ images.T, table.match(part, everything))
        for part in np.split(asked, range(BLOCK, len(asked), BLOCK))
    ]
    return Found(asked, np.concatenate(ranks))


def images_to_images(table: FactTable, images: Floats) -> Found:
    """Each picture of a garment that has others, among all other pictures."""
    ranks, asked = [], []
    for part in np.split(np.arange(len(images)), range(BLOCK, len(images), BLOCK)):
        match = table.match_pictures(part, np.arange(len(images)))
        has_any = match.belongs.any(1)
        asked.append(part[has_any])
        ranks.append(
            first_ranks(images[part[has_any]] @ images.T, Match(match.belongs[has_any], match.counts[has_any]))
        )
    return Found(np.concatenate(asked), np.concatenate(ranks))


def first_ranks(cosines: Floats, match: Match) -> Ranks:
    """The rank of the best picture that belongs (1 first) of each row (Q×P), of those that count; each row has one.
    Pictures that are as near as it and do not belong go before it: equal vectors find nothing.
    """
    best = np.where(match.belongs, cosines, -np.inf).max(1, keepdims=True)
    rivals: Bools = match.counts & ~match.belongs & (cosines >= best)
    return np.asarray(1 + rivals.sum(1), np.int64)


def search_of(found: Found) -> Search | None:
    """The measures of ranks; None for no queries."""
    if not len(found.ranks):
        return None
    return Search(
        queries=len(found.ranks),
        recall_at_1=round(float((found.ranks <= 1).mean()), 4),
        recall_at_5=round(float((found.ranks <= 5).mean()), 4),
        median_rank=float(np.median(found.ranks)),
        mrr=round(float((1 / found.ranks).mean()), 4),
    )


def gather(rows: Sequence[PromptRow], found: Sequence[Found]) -> MeanRates:
    """Reciprocal ranks of the searches, added up by kin, which are drawn anew as wholes."""
    kin = sorted({row.kin for row in rows})
    sums, counts = np.zeros((2, len(kin), len(SEARCHES)))
    for column, one in enumerate(found):
        if len(one.ranks):
            rates = Rates.gather(UNIT, [rows[row].kin for row in one.rows], 1 / one.ranks)
            at = [kin.index(key) for key in rates.keys]
            sums[at, column], counts[at, column] = rates.sums, rates.counts
    return MeanRates(
        unit=UNIT,
        keys=tuple(kin),
        groups=SEARCHES,
        sums=tuple(map(tuple, sums.tolist())),
        counts=tuple(map(tuple, counts.tolist())),
    )


@torch.no_grad()
def loss_of(learner: Learner, table: FactTable, texts: Floats, images: Floats, batch: int) -> float:
    """The family's loss over batches of the held-out rows."""
    order = np.random.default_rng(ORDER_SEED).permutation(len(images))
    parts = np.array_split(order, max(1, round(len(order) / batch)))
    device = learner.scale_parameters[0].device
    losses = [
        float(learner.loss(tensor(texts[part], device), tensor(images[part], device), table.match(part, part)))
        for part in parts
    ]
    return float(np.average(losses, weights=[len(part) for part in parts]))


def tensor(values: Floats, device: torch.device) -> Tensor:
    """On a device."""
    return torch.from_numpy(values).to(device)
