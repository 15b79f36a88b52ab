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
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.graphs import version_of
from catalog_jobs.parser.measure import ParsingScore, confusion, score
from catalog_jobs.parser.network import GarmentParser, load_imagenet_encoder
from catalog_jobs.parser.photos import (
    IGNORE,
    Groups,
    Photo,
    View,
    empty_view,
    load_photos,
    load_tagged,
    random_view,
    split_names,
)
from catalog_jobs.parser.restore import go_on, restore_encoder, some_views
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX

VOTE_UNIT_PX = 64.0
RECIPE_FILE = "recipe.json"
REPORT_EVERY, MEASURE_EVERY = 50, 600


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; the card says which run made the weights that ship.

    steps: batches. minutes: a run ends after them, with its rates gone down, whatever it has done of its steps (0: it
    does all). tagged_share, empty_share: of the views, from photos whose label images a parser made, and without
    anybody. tagged_weight: what a pixel of the former counts.

    Two things were tried for the last third of a run and cost mean IoU (0.520 before it, 0.511 after it): views at the
    size that is served, which show everything larger than whole photos do, and no label images of parsers.
    """

    steps: int = 3200
    minutes: float = 0.0
    batch: int = 8
    view_wh: tuple[int, int] = (256, 384)
    rate_heads: float = 2.5e-3
    rate_encoder: float = 6e-4
    weight_decay: float = 0.02
    dice_share: float = 0.7
    vote_share: float = 0.1
    presence_share: float = 0.3
    allowed_share: float = 0.3
    guess_share: float = 0.3
    tagged_share: float = 0.35
    tagged_weight: float = 0.5
    empty_share: float = 0.08
    average_decay: float = 0.998
    seed: int = 7


@dataclass(frozen=True)
class Batch:
    """Pixels B×3×H×W, groups B×H×W, votes B×2×H×W, has_wearer B×H×W, presence B×C, allowed B×C, weight B."""

    pixels: Tensor
    groups: Tensor
    votes: Tensor
    has_wearer: Tensor
    presence: Tensor
    allowed: Tensor
    weight: Tensor


class Course:
    """How far a run is, 0 to 1: by its steps, or by its minutes where those are used up sooner."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.started = time.monotonic()

    def at(self, step: int) -> float:
        """How far it is once so many steps are done."""
        by_steps = step / self.recipe.steps
        if not self.recipe.minutes:
            return by_steps
        return min(1.0, max(by_steps, (time.monotonic() - self.started) / 60 / self.recipe.minutes))


def rate_at(course: float, warm_share: float = 0.1, first: float = 0.04, last: float = 1e-5) -> float:
    """The share of the highest rate: up within the first tenth, then down, along half a cosine each (Smith 2018)."""
    if course < warm_share:
        return first + (1 - first) * (1 - math.cos(math.pi * course / warm_share)) / 2
    return last + (1 - last) * (1 + math.cos(math.pi * (course - warm_share) / (1 - warm_share))) / 2


def sampling_chances(photos: Sequence[Photo], tagged_share: float) -> NDArray[np.float64]:
    """How often each photo is drawn: rare groups oftener (repeat factors, Gupta 2019), tagged ones by their share."""
    shows = np.array([[len(photo.rare.get(group, ())) > 0 for group in range(photo.n_groups)] for photo in photos])
    frequency = shows.mean(0).clip(1e-4)
    factors = np.where(shows, np.sqrt(np.maximum(1.0, 0.3 / frequency)), 1.0).max(1)
    is_tagged = np.array([photo.allowed is not None for photo in photos])
    for mask, share in ((is_tagged, tagged_share), (~is_tagged, 1 - tagged_share)):
        if mask.any():
            factors[mask] *= share / factors[mask].sum()
    return np.asarray(factors / factors.sum(), np.float64)


def batches(photos: Sequence[Photo], recipe: Recipe, n_ahead: int = 4) -> Iterator[Batch]:
    """Random batches made in a thread."""
    ready: queue.Queue[Batch] = queue.Queue(n_ahead)
    chances = sampling_chances(photos, recipe.tagged_share)

    def draw(rng: np.random.Generator) -> tuple[View, float]:
        if rng.random() < recipe.empty_share:
            return empty_view(photos, recipe.view_wh, rng), 1.0
        index = int(rng.choice(len(photos), p=chances))
        weight = 1.0 if photos[index].allowed is None else recipe.tagged_weight
        return random_view(photos, index, recipe.view_wh, rng), weight

    def fill() -> None:
        rng = np.random.default_rng(recipe.seed)
        for _ in range(recipe.steps):
            drawn = [draw(rng) for _ in range(recipe.batch)]
            views = [view for view, _ in drawn]
            ready.put(
                Batch(
                    torch.from_numpy(np.stack([v.pixels for v in views])).permute(0, 3, 1, 2).float(),
                    torch.from_numpy(np.stack([v.groups for v in views])).long(),
                    torch.from_numpy(np.stack([v.votes for v in views])).permute(0, 3, 1, 2),
                    torch.from_numpy(np.stack([v.has_wearer for v in views])),
                    torch.from_numpy(np.stack([v.presence for v in views])),
                    torch.from_numpy(np.stack([v.allowed for v in views])),
                    torch.tensor([weight for _, weight in drawn]),
                )
            )

    threading.Thread(target=fill, daemon=True).start()
    for _ in range(recipe.steps):
        yield ready.get()


def class_weights(photos: Sequence[Photo], n_groups: int) -> Tensor:
    """1/sqrt(frequency) by group, scaled to a mean of one over the groups."""
    counts = np.zeros(256, np.int64)
    for photo in photos:
        counts += np.bincount(photo.groups.ravel(), minlength=256)
    frequency = counts[:n_groups] / counts[:n_groups].sum()
    weights = 1 / np.sqrt(frequency + 1e-5)
    return torch.tensor(weights / weights.mean(), dtype=torch.float32)


def overlap_losses(logits: Tensor, groups: Tensor, weights: Tensor, dice_share: float, counts: Tensor) -> Tensor:
    """Weighted cross entropy plus one minus the soft Dice overlap of the groups present (Milletari 2016).

    counts: B, what a pixel of each view counts.
    """
    n_groups = logits.shape[1]
    log_p = logits.log_softmax(1)
    known = groups != IGNORE
    truth = groups[known]
    pixel = counts[:, None, None].expand(groups.shape)[known]
    log_p = log_p.permute(0, 2, 3, 1)[known]
    weight = weights[truth] * pixel
    entropy = -(log_p.gather(1, truth[:, None])[:, 0] * weight).sum() / weight.sum().clamp(min=1e-6)
    p = log_p.exp() * pixel[:, None]
    shared = torch.zeros(n_groups).index_add(0, truth, p.gather(1, truth[:, None])[:, 0])
    sizes = torch.zeros(n_groups).index_add(0, truth, pixel)
    dice = (2 * shared + 1) / (p.sum(0) + sizes + 1)
    return entropy + dice_share * (1 - dice[sizes > 0].mean())


def guess_loss(logits: Tensor, groups: Tensor, weights: Tensor, counts: Tensor) -> Tensor:
    """Weighted cross entropy of the first guess, on the middle of each of its cells."""
    return overlap_losses(logits, groups[:, 4::8, 4::8], weights, 0.0, counts)


def presence_loss(logits: Tensor, presence: Tensor) -> Tensor:
    """Binary cross entropy (B×C) of what is known to be in a view or not."""
    loss = functional.binary_cross_entropy_with_logits(logits, presence.clamp(min=0), reduction="none")
    known = presence >= 0
    return (loss * known).sum() / known.sum().clamp(min=1)


def allowed_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """Mean -log chance that a cell is of any group that may be in its view (B×C), over views where some may not."""
    is_told = ~allowed.all(1)
    if not is_told.any():
        return logits.new_zeros(())
    log_p = logits[is_told].log_softmax(1)
    return -log_p.masked_fill(~allowed[is_told][:, :, None, None], -torch.inf).logsumexp(1).mean()


def vote_loss(votes: Tensor, wanted: Tensor, has_wearer: Tensor) -> Tensor:
    """Mean distance per wearer's cell between the vote and the way to the wearer's centre, in vote units."""
    wanted = wanted[:, :, 2::4, 2::4] / VOTE_UNIT_PX
    mask = has_wearer[:, 2::4, 2::4].unsqueeze(1)
    return (functional.smooth_l1_loss(votes, wanted, reduction="none") * mask).sum() / mask.sum().clamp(min=1)


def described(recipe: Recipe, photos: Sequence[Photo], start: Path | None) -> dict[str, object]:
    """The recipe as it is kept beside the weights, below that of the run it goes on from."""
    n_tagged = sum(photo.allowed is not None for photo in photos)
    own: dict[str, object] = {"photos": len(photos) - n_tagged, "tagged photos": n_tagged, **asdict(recipe)}
    if start is None:
        return own
    if start.suffix == ".pt":
        return {"goes on from": version_of(start), **own, "before": earlier_recipe(start)}
    version = onnx.load(start).metadata_props
    return {"encoder from version": next(prop.value for prop in version if prop.key == "version"), **own}


def earlier_recipe(weights: Path) -> object:
    """What stands beside a training's weights."""
    recipe = weights.with_name(RECIPE_FILE)
    return json.loads(recipe.read_text()) if recipe.is_file() else "unknown"


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
    photos: Sequence[Photo],
    held_out: Sequence[Photo],
    groups: Groups,
    recipe: Recipe,
    out: Path,
    start: Path | None,
    is_compiled: bool = True,
) -> ParsingScore:
    """Train, measure now and then on photos never trained on, and keep the averaged weights that did best there.

    Gives their score, the best of all measurements: late in a run the mistakes of the labels are learnt by heart. The
    same photos, recipe and start give the same score within noise.
    """
    torch.manual_seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    network = GarmentParser(len(groups.names))
    if start and start.suffix == ".pt":
        anew = go_on(network, torch.load(start, map_location="cpu", weights_only=True))
        print(json.dumps({"starts anew": anew}), flush=True)
    elif start:
        restore_encoder(network.encoder, start, some_views(photos, recipe.view_wh))
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
    weights = class_weights(photos, len(groups.names))
    average = Average(network, recipe.average_decay)
    measured = GarmentParser(len(groups.names)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stub lacks it
    (out / RECIPE_FILE).write_text(json.dumps(described(recipe, photos, start), indent=1))
    look = torch.compile(network, dynamic=False) if is_compiled else network
    course = Course(recipe)
    best: ParsingScore | None = None
    total_loss, since = 0.0, 0
    for step, batch in enumerate(batches(photos, recipe), 1):
        network.train()
        done = course.at(step)
        for group, highest in zip(optimizer.param_groups, (recipe.rate_encoder, recipe.rate_heads), strict=True):
            group["lr"] = highest * rate_at(done)
        with torch.autocast("cpu", torch.bfloat16):
            parsing = look(batch.pixels.contiguous(memory_format=torch.channels_last))
        logits = functional.interpolate(parsing.logits.float(), scale_factor=2.0, mode="bilinear", align_corners=False)
        loss = overlap_losses(logits, batch.groups[:, 1::2, 1::2], weights, recipe.dice_share, batch.weight)
        loss = loss + recipe.guess_share * guess_loss(parsing.guess.float(), batch.groups, weights, batch.weight)
        loss = loss + recipe.vote_share * vote_loss(parsing.votes.float(), batch.votes, batch.has_wearer)
        loss = loss + recipe.presence_share * presence_loss(parsing.presence.float(), batch.presence)
        loss = loss + recipe.allowed_share * allowed_loss(parsing.logits.float(), batch.allowed)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        average.update(network)
        total_loss += loss.item()
        since += 1
        if step % REPORT_EVERY == 0 or done >= 1:
            line: dict[str, object] = {"step": step, "loss": round(total_loss / since, 4)}
            line["seconds"] = round(time.monotonic() - course.started)
            total_loss, since = 0.0, 0
            if step % MEASURE_EVERY == 0 or done >= 1:
                measured.load_state_dict(average.state)
                reached = validate(measured, held_out, groups.names, FRAME_LONG_SIDE_PX)
                line |= reached.as_dict()
                if best is None or reached.miou > best.miou:
                    best = reached
                    torch.save(average.state, out / "parser.pt")
            print(json.dumps(line), flush=True)
        if done >= 1:
            break
    if best is None:
        raise ValueError("the recipe has no steps; give one at least")
    return best


def main() -> None:
    """Read the arguments and train."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--data", type=Path, required=True, help="folder with photos/, masks/, labels.json, groups.json"
    )
    arguments.add_argument("--out", type=Path, required=True, help="where parser.pt and recipe.json go")
    arguments.add_argument("--start", type=Path, help="parser.pt to go on from, or exported one to take the encoder of")
    arguments.add_argument("--tagged", type=Path, help="label images by catalog_jobs.parser.tagged, to train on too")
    arguments.add_argument("--eager", action="store_true", help="do not compile; slower, needs no C++ compiler")
    for name in ("steps", "batch", "seed"):
        arguments.add_argument(f"--{name}", type=int, default=getattr(Recipe, name))
    for name in ("minutes", "rate_heads", "rate_encoder", "dice_share"):
        arguments.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(Recipe, name))
    options = arguments.parse_args()
    # Chances of groups that are surely not there become denormal numbers, which cost a processor many times more.
    torch.set_flush_denormal(True)
    recipe = Recipe(
        steps=options.steps,
        batch=options.batch,
        seed=options.seed,
        rate_heads=options.rate_heads,
        rate_encoder=options.rate_encoder,
        dice_share=options.dice_share,
        minutes=options.minutes,
    )
    data = options.data
    groups = Groups.load(data / "labels.json", data / "groups.json")
    names, held_out_names = split_names(data / "photos")
    photos = load_photos(data / "photos", data / "masks", groups, names)
    if options.tagged:
        photos += load_tagged(data / "tagged", options.tagged, data / "tags.json", data / "labels.json", groups)
    held_out = load_photos(data / "photos", data / "masks", groups, held_out_names)
    print(json.dumps({"photos": len(photos), "held_out": len(held_out)}), flush=True)
    train(photos, held_out, groups, recipe, options.out, options.start, not options.eager)


if __name__ == "__main__":
    main()
