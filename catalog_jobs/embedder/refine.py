"""Train the projections alone, on features of many views: `python -m catalog_jobs.embedder.refine --help`.

The network's features are computed once and kept, so that a run takes minutes. It is how shares of colours, which a
network trained without them has no use for yet, are given their part in the vectors.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from catalog_jobs.embedder.garments import Garment, single_garments, training_garments
from catalog_jobs.embedder.network import DIMENSION, ImageTower, WordsHead
from catalog_jobs.embedder.sentences import Sentences, minilm_folder
from catalog_jobs.embedder.train import (
    QUEUED,
    RECIPE_FILE,
    Claims,
    Reader,
    Recipe,
    Scales,
    class_accuracy,
    described,
    kind_chances,
    losses_of,
)
from catalog_jobs.embedder.views import dressed_anew, view
from catalog_jobs.graphs import fold_batch_norms
from catalog_jobs.parser.train import Average

AT_ONCE: Final = 64
REPORT_EVERY: Final = 50


@dataclass(frozen=True)
class Kept:
    """Features of two views of each garment as it was shown (N×2×F), and what is known of it."""

    features: Tensor
    shown: tuple[Garment, ...]


def load_tower(weights: Path) -> tuple[ImageTower, dict[str, dict[str, Tensor]]]:
    """The tower of a training run; where it knew no shares of colours, they count nothing yet."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    tower = ImageTower()
    wanted = tower.state_dict()
    own = dict(state["tower"])
    for name in ("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "project.weight"):
        before, now = own[name], wanted[name]
        if before.shape != now.shape:
            grown = torch.zeros_like(now) if name == "project.weight" else now.clone()
            grown[..., : before.shape[-1]] = before
            own[name] = grown
    tower.load_state_dict(own, strict=False)
    return tower, state


@torch.no_grad()
def keep_features(tower: ImageTower, garments: Sequence[Garment], rounds: int, recipe: Recipe) -> Kept:
    """Features of `rounds` looks at each garment, each in other clothes, two views a look."""
    folded = fold_batch_norms(tower).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub
    look = torch.compile(lambda pixels: folded.features(*folded.front(pixels)))
    rng = np.random.default_rng(recipe.seed)
    order = [int(index) for _ in range(rounds) for index in rng.permutation(len(garments))]
    shown: list[Garment] = []
    parts = []
    for at in range(0, len(order) - AT_ONCE // 2 + 1, AT_ONCE // 2):
        now = [dressed_anew(garments[index], rng) for index in order[at : at + AT_ONCE // 2]]
        views = np.stack([view(garment, recipe.side_px, rng) for garment in now for _ in range(2)])
        pixels = torch.from_numpy(views).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(look(pixels).float().unflatten(0, (-1, 2)).half())
        shown += now
    return Kept(torch.cat(parts), tuple(shown))


def refine(kept: Kept, tower: ImageTower, head: WordsHead, scales: Scales, recipe: Recipe, reader: Reader) -> None:
    """Train the last norm, the projection, the words head and the scales, and leave their averages in place."""
    torch.manual_seed(recipe.seed)
    trained = nn.ModuleList([tower.norm, tower.project, head, scales])
    settle_norm(tower.norm, kept.features)
    optimizer = torch.optim.AdamW(trained.parameters(), lr=recipe.rate_heads, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate_heads, total_steps=recipe.steps, pct_start=0.1
    )
    average = Average(trained, recipe.average_decay)
    chances = torch.from_numpy(kind_chances(kept.shown))
    rng = np.random.default_rng(recipe.seed)
    earlier = torch.zeros(0, DIMENSION)
    tower.dropout.train()
    started = time.time()
    for step in range(1, recipe.steps + 1):
        chosen = torch.multinomial(chances, recipe.instances)
        claims = Claims.of([kept.shown[int(index)] for index in chosen], rng)
        seen = kept.features[chosen].float()
        vectors = tower.vectors(torch.cat([seen[:, 0], seen[:, 1]]))
        losses = losses_of(vectors, claims, head, reader, scales, earlier, recipe)
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update(trained)
        earlier = torch.cat([vectors.detach(), earlier])[:QUEUED]
        if step % REPORT_EVERY == 0 or step == recipe.steps:
            now = {name: round(float(value.detach()), 3) for name, value in losses.items()}
            print(json.dumps({"step": step, "seconds": round(time.time() - started), **now}), flush=True)
    trained.load_state_dict(average.state)


def settle_norm(norm: nn.BatchNorm1d, features: Tensor) -> None:
    """Give the features that the norm does not know yet (zero mean, unit variance) their own statistics, for good."""
    seen = features.flatten(0, 1).float()
    assert norm.running_mean is not None  # noqa: S101  # it tracks them
    assert norm.running_var is not None  # noqa: S101
    is_new = (norm.running_mean == 0) & (norm.running_var == 1)
    norm.running_mean[is_new] = seen.mean(0)[is_new]
    norm.running_var[is_new] = seen.var(0)[is_new]
    norm.eval()


def main() -> None:
    """Read the arguments and refine."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    arguments.add_argument("--start", type=Path, required=True, help="embedder.pt of catalog_jobs.embedder.train")
    arguments.add_argument("--out", type=Path, required=True, help="where embedder.pt and recipe.json go")
    arguments.add_argument("--sentences", type=Path, help="folder of all-MiniLM-L6-v2; its package if left out")
    arguments.add_argument("--rounds", type=int, default=2, help="looks at each garment")
    defaults = {"steps": 700, "instances": 128, "side_px": 192, "rate_heads": 1e-3, "average_decay": 0.99, "seed": 9}
    for field in fields(Recipe):
        default = defaults.get(field.name, field.default)
        arguments.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=default)
    options = arguments.parse_args()
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    options.out.mkdir(parents=True, exist_ok=True)
    reader = Reader(Sentences(minilm_folder(options.sentences)))
    garments = training_garments(options.data, np.random.default_rng(recipe.seed))
    held_out = list(single_garments(options.data / "clothing", held_out=True))
    tower, state = load_tower(options.start)
    head, scales = WordsHead(), Scales()
    head.load_state_dict(state["head"])
    scales.load_state_dict(state["scales"])
    started = time.time()
    tower.eval()
    kept = keep_features(tower, garments, options.rounds, recipe)
    print(json.dumps({"looks": len(kept.shown), "seconds": round(time.time() - started)}), flush=True)
    refine(kept, tower, head, scales, recipe, reader)
    told = described(recipe, len(garments), options.start) | {"job": "refine", "rounds": options.rounds}
    (options.out / RECIPE_FILE).write_text(json.dumps(told, indent=1))
    parts = {"tower": tower.state_dict(), "head": head.state_dict(), "scales": scales.state_dict()}
    torch.save(parts, options.out / "embedder.pt")
    reached = class_accuracy(tower, head.eval(), reader, held_out, recipe.side_px)
    print(json.dumps({"class_accuracy": round(reached, 4)}), flush=True)


if __name__ == "__main__":
    main()
