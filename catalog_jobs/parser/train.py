"""Train the garment parser: `python -m catalog_jobs.parser.train --data DIR --out DIR`."""

import argparse
import json
import math
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.parser.measure import ParsingScore, confusion, score
from catalog_jobs.parser.network import GarmentParser, load_imagenet_encoder
from catalog_jobs.parser.photos import IGNORE, Groups, Photo, load_photos, random_view, split_names

VOTE_UNIT_PX = 64.0
RECIPE_FILE = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; the defaults made the weights that ship."""

    epochs: int = 40
    batch: int = 8
    view_wh: tuple[int, int] = (256, 384)
    rate_heads: float = 3e-3
    rate_encoder: float = 1.2e-3
    weight_decay: float = 0.02
    dice_share: float = 0.7
    vote_share: float = 0.1
    average_decay: float = 0.998
    seed: int = 7


def batches(
    photos: Sequence[Photo], recipe: Recipe, steps: int, n_ahead: int = 4
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Random batches made in a thread: pixels B×3×H×W, groups B×H×W, votes B×2×H×W, has_wearer B×H×W."""
    ready: queue.Queue[tuple[Tensor, Tensor, Tensor, Tensor]] = queue.Queue(n_ahead)

    def fill() -> None:
        rng = np.random.default_rng(recipe.seed)
        order: list[int] = []
        for _ in range(steps):
            while len(order) < recipe.batch:
                order.extend(int(i) for i in rng.permutation(len(photos)))
            views = [random_view(photos, order.pop(), recipe.view_wh, rng) for _ in range(recipe.batch)]
            ready.put(
                (
                    torch.from_numpy(np.stack([v.pixels for v in views])).permute(0, 3, 1, 2).float(),
                    torch.from_numpy(np.stack([v.groups for v in views])).long(),
                    torch.from_numpy(np.stack([v.votes for v in views])).permute(0, 3, 1, 2),
                    torch.from_numpy(np.stack([v.has_wearer for v in views])),
                )
            )

    threading.Thread(target=fill, daemon=True).start()
    for _ in range(steps):
        yield ready.get()


def class_weights(photos: Sequence[Photo], n_groups: int) -> Tensor:
    """1/sqrt(frequency) by group, scaled to a mean of one over the groups."""
    counts = np.zeros(256, np.int64)
    for photo in photos:
        counts += np.bincount(photo.groups.ravel(), minlength=256)
    frequency = counts[:n_groups] / counts[:n_groups].sum()
    weights = 1 / np.sqrt(frequency + 1e-5)
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def overlap_losses(logits: Tensor, groups: Tensor, weights: Tensor, dice_share: float) -> Tensor:
    """Weighted cross entropy plus one minus the soft Dice overlap of the groups present (Milletari 2016)."""
    n_groups = logits.shape[1]
    log_p = logits.log_softmax(1)
    entropy = functional.nll_loss(log_p, groups, weights, ignore_index=IGNORE)
    known = groups != IGNORE
    truth = groups[known]
    p = log_p.exp().permute(0, 2, 3, 1)[known]
    shared = torch.zeros(n_groups).index_add(0, truth, p.gather(1, truth[:, None])[:, 0])
    sizes = torch.bincount(truth, minlength=n_groups).float()
    dice = (2 * shared + 1) / (p.sum(0) + sizes + 1)
    return entropy + dice_share * (1 - dice[sizes > 0].mean())


def vote_loss(votes: Tensor, wanted: Tensor, has_wearer: Tensor) -> Tensor:
    """Mean distance per wearer's cell between the vote and the way to the wearer's centre, in vote units."""
    wanted = wanted[:, :, 2::4, 2::4] / VOTE_UNIT_PX
    mask = has_wearer[:, 2::4, 2::4].unsqueeze(1)
    return (functional.smooth_l1_loss(votes, wanted, reduction="none") * mask).sum() / mask.sum().clamp(min=1)


def described(recipe: Recipe, n_photos: int, start: Path | None) -> dict[str, object]:
    """The recipe as it is kept beside the weights, below that of the run it goes on from."""
    own = {"photos": n_photos, **asdict(recipe)}
    if start is None:
        return own
    earlier = start.with_name(RECIPE_FILE)
    before = json.loads(earlier.read_text()) if earlier.exists() else {"weights": start.name}
    return {**{f"first: {name}": value for name, value in before.items()}, **own}


class Average:
    """An exponential moving average of a network's weights, which is what gets shipped."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {key: value.detach().clone() for key, value in network.state_dict().items()}
        self.steps = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


def fit_inside(pixels: NDArray[np.uint8], long_side_px: int) -> NDArray[np.uint8]:
    """Scale a picture so that its long side is near `long_side_px`, both sides multiples of 32."""
    scale = long_side_px / max(pixels.shape[:2])
    width, height = (max(32, round(side * scale / 32) * 32) for side in (pixels.shape[1], pixels.shape[0]))
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@torch.no_grad()
def validate(network: GarmentParser, photos: Sequence[Photo], names: Sequence[str], long_side_px: int) -> ParsingScore:
    """Score a network on whole photos at one input size."""
    network.eval()
    total = np.zeros((len(names), len(names)), np.int64)
    for photo in photos:
        x = torch.from_numpy(fit_inside(photo.pixels, long_side_px)).permute(2, 0, 1)[None].float()
        logits = network(x.contiguous(memory_format=torch.channels_last)).logits
        full = functional.interpolate(logits, size=photo.groups.shape, mode="bilinear", align_corners=False)
        total += confusion(photo.groups, full[0].argmax(0).numpy().astype(np.uint8), len(names))
    return score(total, names)


def train(
    photos: Sequence[Photo], held_out: Sequence[Photo], groups: Groups, recipe: Recipe, out: Path, start: Path | None
) -> None:
    """Train, measure every fourth epoch on photos never trained on, and keep the averaged weights."""
    torch.manual_seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    network = GarmentParser(len(groups.names))
    if start:
        network.load_state_dict(torch.load(start, weights_only=True))
    else:
        load_imagenet_encoder(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stub lacks it
    encoder = list(network.encoder.parameters())
    known = {id(p) for p in encoder}
    heads = [p for p in network.parameters() if id(p) not in known]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": recipe.rate_encoder}, {"params": heads, "lr": recipe.rate_heads}],
        weight_decay=recipe.weight_decay,
    )
    steps_an_epoch = math.ceil(len(photos) / recipe.batch)
    steps = steps_an_epoch * recipe.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [recipe.rate_encoder, recipe.rate_heads], total_steps=steps, pct_start=0.15
    )
    weights = class_weights(photos, len(groups.names))
    average = Average(network, recipe.average_decay)
    measured = GarmentParser(len(groups.names)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stub lacks it
    (out / RECIPE_FILE).write_text(json.dumps(described(recipe, len(photos), start), indent=1))
    started, total_loss = time.time(), 0.0
    for step, (pixels, truth, votes, has_wearer) in enumerate(batches(photos, recipe, steps), 1):
        network.train()
        with torch.autocast("cpu", torch.bfloat16):
            parsing = network(pixels.contiguous(memory_format=torch.channels_last))
        logits = functional.interpolate(parsing.logits.float(), scale_factor=2.0, mode="bilinear", align_corners=False)
        loss = overlap_losses(logits, truth[:, 1::2, 1::2], weights, recipe.dice_share)
        loss = loss + recipe.vote_share * vote_loss(parsing.votes.float(), votes, has_wearer)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update(network)
        total_loss += loss.item()
        if step % steps_an_epoch == 0:
            epoch = step // steps_an_epoch
            line: dict[str, object] = {
                "epoch": epoch,
                "loss": round(total_loss / steps_an_epoch, 4),
                "seconds": round(time.time() - started),
            }
            total_loss = 0.0
            if epoch % 4 == 0 or epoch == recipe.epochs:
                measured.load_state_dict(average.state)
                line |= validate(measured, held_out, groups.names, 448).as_dict()
                torch.save(average.state, out / "parser.pt")
            print(json.dumps(line), flush=True)


def main() -> None:
    """Read the arguments and train."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--data", type=Path, required=True, help="folder with photos/, masks/, labels.json, groups.json"
    )
    arguments.add_argument("--out", type=Path, required=True, help="where parser.pt and recipe.json go")
    arguments.add_argument("--start", type=Path, help="weights to start from instead of ImageNet's")
    for name in ("epochs", "batch"):
        arguments.add_argument(f"--{name}", type=int, default=getattr(Recipe, name))
    for name in ("rate_heads", "rate_encoder", "dice_share"):
        arguments.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(Recipe, name))
    options = arguments.parse_args()
    recipe = Recipe(
        epochs=options.epochs,
        batch=options.batch,
        rate_heads=options.rate_heads,
        rate_encoder=options.rate_encoder,
        dice_share=options.dice_share,
    )
    groups = Groups.load(options.data / "labels.json", options.data / "groups.json")
    names, held_out_names = split_names(options.data / "photos")
    photos = load_photos(options.data / "photos", options.data / "masks", groups, names)
    held_out = load_photos(options.data / "photos", options.data / "masks", groups, held_out_names)
    print(json.dumps({"photos": len(photos), "held_out": len(held_out)}), flush=True)
    train(photos, held_out, groups, recipe, options.out, options.start)


if __name__ == "__main__":
    main()
