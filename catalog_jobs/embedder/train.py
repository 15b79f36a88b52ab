"""Train the image–text embedder: `python -m catalog_jobs.embedder.train --data DIR --out DIR`."""

import argparse
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.embedder.captions import (
    ATTRIBUTE_WORDS,
    GROUP_OF_KIND,
    GROUPS,
    NOTHING,
    UNKNOWN,
    any_caption,
    caption_of,
    fit,
)
from catalog_jobs.embedder.garments import Garment, single_garments, training_garments
from catalog_jobs.embedder.network import DIMENSION, FROZEN_BLOCKS, ImageTower, WordsHead, load_imagenet_tower
from catalog_jobs.embedder.sentences import Sentences, minilm_folder
from catalog_jobs.embedder.views import dressed_anew, lettering, view
from catalog_jobs.parser.train import Average
from functions.tagging.color_names import BASIC_COLORS
from serve_app.models.pictures import letterbox

CLASSES: Final = {
    "photo:dress": "dress", "photo:hat": "hat", "photo:longsleeve": "long-sleeved top",
    "photo:outwear": "outerwear, a coat or jacket", "photo:pants": "pants", "photo:shirt": "shirt",
    "photo:shoes": "shoes", "photo:shorts": "shorts", "photo:skirt": "skirt", "photo:t-shirt": "t-shirt",
}  # fmt: skip
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "class": tuple(CLASSES),
    "group": GROUPS,
    "color": BASIC_COLORS,
    **{name: tuple(words) for name, words in ATTRIBUTE_WORDS.items()},
}
CHOICE_SHARES: Final = {"class": 1.0, "group": 0.6, "color": 0.4, "pattern": 0.4, "sleeve": 0.25, "length": 0.25}
PROMPTS: Final = ("{}", "a photo of {}", "a picture of {}", "someone wearing {}", "{} for sale")
QUEUED: Final = 3072
LETTERING_SHARE: Final = 0.02


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; the defaults made the weights that ship."""

    steps: int = 1400
    instances: int = 40
    side_px: int = 160
    rate_heads: float = 2e-3
    rate_encoder: float = 5e-4
    weight_decay: float = 0.03
    look_share: float = 1.0
    look_temperature: float = 0.07
    words_share: float = 0.25
    average_decay: float = 0.997
    seed: int = 7


@dataclass(frozen=True)
class Batch:
    """Two views of each instance. pixels: 2B×3×S×S. texts: the captions, then the prompts of every choice. fits: C×B.
    answers: choice → index of the right one of each instance, -1 where it is not known.
    """

    pixels: Tensor
    captions: list[str]
    prompts: dict[str, list[str]]
    fits: Tensor
    answers: dict[str, Tensor]


def answers_of(garment: Garment) -> dict[str, int]:
    """The right one of each choice, -1 where it is not known."""
    known = {
        "class": garment.kind,
        "group": GROUP_OF_KIND[garment.kind],
        "color": garment.basic or "",
        **{name: garment.known.get(name, "") for name in ATTRIBUTE_WORDS},
    }
    return {name: CHOICES[name].index(value) if value in CHOICES[name] else -1 for name, value in known.items()}


def prompts_of(rng: np.random.Generator) -> dict[str, list[str]]:
    """One phrasing of every value of every choice."""
    template = str(rng.choice(np.array(PROMPTS, object)))
    nouns = {"garment", "piece of clothing"} if rng.random() < 0.5 else {"garment"}
    noun = str(rng.choice(sorted(nouns)))
    named = {
        "class": [CLASSES[kind] for kind in CHOICES["class"]],
        "group": ["no garment" if group == NOTHING else group for group in GROUPS],
        "color": [f"{name} {noun}" if rng.random() < 0.6 else name for name in BASIC_COLORS],
    }
    for name, words in ATTRIBUTE_WORDS.items():
        chosen = [str(rng.choice(np.array(values, object))) for values in words.values()]
        named[name] = [f"{noun} {w}" if w.startswith(("with", "printed")) else f"{w} {noun}" for w in chosen]
    return {name: [template.format(text) for text in texts] for name, texts in named.items()}


def batches(garments: Sequence[Garment], recipe: Recipe, steps: int, n_ahead: int = 4) -> Iterator[Batch]:
    """Random batches made in a thread."""
    ready: queue.Queue[Batch] = queue.Queue(n_ahead)
    counts = Counter(garment.kind for garment in garments)
    chances = np.array([counts[garment.kind] ** -0.35 for garment in garments])
    chances /= chances.sum()

    def fill() -> None:
        rng = np.random.default_rng(recipe.seed)
        for _ in range(steps):
            chosen = rng.choice(len(garments), recipe.instances, replace=False, p=chances)
            shown = [dressed_anew(garments[index], rng) for index in chosen]
            for index in np.flatnonzero(rng.random(len(shown)) < LETTERING_SHARE):
                shown[index] = Garment(lettering(rng), None, "none:lettering", None, None, {}, "")
            captions = [caption_of(garment, rng) for garment in shown]
            captions += [any_caption(rng) for _ in range(recipe.instances // 2)]
            pixels = np.stack([view(garment, recipe.side_px, rng) for _ in range(2) for garment in shown])
            answers = [answers_of(garment) for garment in shown]
            ready.put(
                Batch(
                    pixels=torch.from_numpy(pixels).permute(0, 3, 1, 2).float(),
                    captions=[caption.text for caption in captions],
                    prompts=prompts_of(rng),
                    fits=torch.from_numpy(fit(captions, shown)),
                    answers={name: torch.tensor([answer[name] for answer in answers]) for name in CHOICES},
                )
            )

    threading.Thread(target=fill, daemon=True).start()
    for _ in range(steps):
        yield ready.get()


class Reader:
    """Sentence vectors by text, each made once."""

    def __init__(self, sentences: Sentences) -> None:
        self.sentences = sentences
        self.known: dict[str, Tensor] = {}

    def read(self, texts: Sequence[str]) -> Tensor:
        """Sentence vectors (N×384)."""
        new = sorted(set(texts) - self.known.keys())
        if new:
            self.known.update(zip(new, self.sentences.read(new), strict=True))
        return torch.stack([self.known[text] for text in texts])


class Scales(nn.Module):
    """What cosines are multiplied by: for captions (with a bias) and for choices; learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.caption = nn.Parameter(torch.tensor(2.8))
        self.bias = nn.Parameter(torch.tensor(-6.0))
        self.choice = nn.Parameter(torch.tensor(3.2))


def caption_loss(cosines: Tensor, fits: Tensor, scales: Scales) -> Tensor:
    """Binary cross entropy of each caption with each view, what is unknown left out; summed over captions."""
    logits = cosines * scales.caption.exp() + scales.bias
    known = fits != UNKNOWN
    loss = functional.binary_cross_entropy_with_logits(logits, fits.clamp(min=0), reduction="none")
    return (loss * known).sum() / fits.shape[1]


def look_loss(one: Tensor, other: Tensor, earlier: Tensor, temperature: float) -> Tensor:
    """Each view must find its other view among those of the batch and earlier ones (van den Oord 2018)."""
    target = torch.arange(len(one))
    rivals = torch.cat([other, earlier])
    back = torch.cat([one, earlier])
    return (
        functional.cross_entropy(one @ rivals.T / temperature, target)
        + functional.cross_entropy(other @ back.T / temperature, target)
    ) / 2


@torch.no_grad()
def class_accuracy(tower: ImageTower, head: WordsHead, reader: Reader, held_out: Sequence[Garment], px: int) -> float:
    """Share of held-out clothing photos whose class's words are the nearest."""
    tower.eval()
    words = torch.stack([head(reader.read([p.format(name) for p in PROMPTS])).mean(0) for name in CLASSES.values()])
    right = 0
    for at in range(0, len(held_out), 32):
        part = held_out[at : at + 32]
        pixels = torch.from_numpy(np.stack([letterbox(g.pixels, px) for g in part])).permute(0, 3, 1, 2).float()
        nearest = (tower(pixels.contiguous(memory_format=torch.channels_last)) @ words.T).argmax(1)
        right += sum(int(n) == list(CLASSES).index(g.kind) for n, g in zip(nearest, part, strict=True))
    return right / max(len(held_out), 1)


def train(garments: Sequence[Garment], held_out: Sequence[Garment], recipe: Recipe, reader: Reader, out: Path) -> None:
    """Train both towers and keep the averaged weights; the sentence encoder stays as it is."""
    torch.manual_seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    tower, head, scales = ImageTower(), WordsHead(), Scales()
    load_imagenet_tower(tower)
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stub lacks it
    frozen = [tower.encoder._conv_stem, tower.encoder._bn0, *tower.encoder._blocks[:FROZEN_BLOCKS]]
    for module in frozen:
        module.requires_grad_(False)
    encoder = [p for p in tower.encoder.parameters() if p.requires_grad]
    heads = [*tower._conv_head.parameters(), *tower._bn1.parameters(), *tower.norm.parameters()]
    heads += [*tower.project.parameters(), *head.parameters(), *scales.parameters()]
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": recipe.rate_encoder}, {"params": heads, "lr": recipe.rate_heads}],
        weight_decay=recipe.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [recipe.rate_encoder, recipe.rate_heads], total_steps=recipe.steps, pct_start=0.12
    )
    averages = {"tower": Average(tower, recipe.average_decay), "head": Average(head, recipe.average_decay)}
    measured_tower, measured_head = ImageTower(), WordsHead()
    earlier = torch.zeros(0, DIMENSION)
    (out / "recipe.json").write_text(json.dumps({"garments": len(garments), **asdict(recipe)}, indent=1))
    front = torch.compile(tower.front)
    back = torch.compile(tower.back)
    started, totals, since = time.time(), Counter[str](), 0
    for step, batch in enumerate(batches(garments, recipe, recipe.steps), 1):
        tower.train()
        for module in frozen:
            module.eval()
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                x, means = front(batch.pixels.contiguous(memory_format=torch.channels_last))
            vectors = back(x, means).float()
        texts = head(reader.read(batch.captions))
        losses = {
            "caption": recipe.words_share * caption_loss(texts @ vectors.T, batch.fits.repeat(1, 2), scales),
            "look": recipe.look_share * look_loss(*vectors.chunk(2), earlier, recipe.look_temperature),
        }
        for name, share in CHOICE_SHARES.items():
            right = batch.answers[name].repeat(2)
            if (right >= 0).any():
                logits = vectors @ head(reader.read(batch.prompts[name])).T * scales.choice.exp()
                losses[name] = share * functional.cross_entropy(logits, right, ignore_index=-1, label_smoothing=0.05)
        loss = torch.stack(list(losses.values())).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*encoder, *heads], 5.0)
        optimizer.step()
        schedule.step()
        averages["tower"].update(tower)
        averages["head"].update(head)
        earlier = torch.cat([vectors.detach(), earlier])[:QUEUED]
        totals.update({name: float(value.detach()) for name, value in losses.items()})
        since += 1
        if step % 50 == 0 or step == recipe.steps:
            line: dict[str, object] = {"step": step, "seconds": round(time.time() - started)}
            line |= {name: round(total / since, 3) for name, total in totals.items()}
            totals.clear()
            since = 0
            if step % 200 == 0 or step == recipe.steps:
                measured_tower.load_state_dict(averages["tower"].state)
                measured_head.load_state_dict(averages["head"].state)
                measured_head.eval()
                line["class_accuracy"] = round(
                    class_accuracy(measured_tower, measured_head, reader, held_out, recipe.side_px), 4
                )
                kept = {name: average.state for name, average in averages.items()}
                torch.save({**kept, "scales": scales.state_dict()}, out / "embedder.pt")
            print(json.dumps(line), flush=True)


Vectors = NDArray[np.float32]


def main() -> None:
    """Read the arguments and train."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    arguments.add_argument("--out", type=Path, required=True, help="where embedder.pt and recipe.json go")
    arguments.add_argument("--sentences", type=Path, help="folder of all-MiniLM-L6-v2; its package if left out")
    for name in ("steps", "instances", "side_px", "seed"):
        flag = f"--{name.replace('_', '-')}"
        arguments.add_argument(flag, type=int, default=getattr(Recipe, name))
    options = arguments.parse_args()
    recipe = Recipe(
        steps=options.steps, instances=options.instances, side_px=options.side_px, seed=options.seed
    )
    reader = Reader(Sentences(minilm_folder(options.sentences)))
    garments = training_garments(options.data, np.random.default_rng(recipe.seed))
    held_out = list(single_garments(options.data / "clothing", held_out=True))
    print(json.dumps({"garments": len(garments), "held_out_photos": len(held_out)}), flush=True)
    train(garments, held_out, recipe, reader, options.out)


if __name__ == "__main__":
    main()
