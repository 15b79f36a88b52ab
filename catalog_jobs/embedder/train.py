"""Train the image–text embedder: `python -m catalog_jobs.embedder.train --data DIR --out DIR`."""

import argparse
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final, Self

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
CHOICE_SHARES: Final = {"class": 1.0, "group": 0.6, "color": 0.7, "pattern": 0.4, "sleeve": 0.25, "length": 0.25}
PROMPTS: Final = ("{}", "a photo of {}", "a picture of {}", "someone wearing {}", "{} for sale")
QUEUED: Final = 3072
LETTERING_SHARE: Final = 0.02
RECIPE_FILE: Final = "recipe.json"


@dataclass(frozen=True)
class Recipe:
    """What a training run is made of; the card says which runs made the weights that ship."""

    steps: int = 1400
    instances: int = 40
    side_px: int = 160
    rate_heads: float = 2e-3
    rate_encoder: float = 5e-4
    weight_decay: float = 0.03
    look_share: float = 1.0
    look_temperature: float = 0.06
    words_share: float = 0.35
    average_decay: float = 0.997
    seed: int = 7


@dataclass(frozen=True)
class Claims:
    """What words say of some instances. prompts: the values of every choice, phrased. fits: C×B.

    answers: choice → index of the right one of each instance, -1 where it is not known.
    """

    captions: list[str]
    prompts: dict[str, list[str]]
    fits: Tensor
    answers: dict[str, Tensor]

    @classmethod
    def of(cls, shown: Sequence[Garment], rng: np.random.Generator) -> Self:
        """A caption for each garment, half as many of nothing in particular, and every choice."""
        captions = [caption_of(garment, rng) for garment in shown]
        captions += [any_caption(rng) for _ in range(len(shown) // 2)]
        answers = [answers_of(garment) for garment in shown]
        return cls(
            captions=[caption.text for caption in captions],
            prompts=prompts_of(rng),
            fits=torch.from_numpy(fit(captions, shown)),
            answers={name: torch.tensor([answer[name] for answer in answers]) for name in CHOICES},
        )


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


def kind_chances(garments: Sequence[Garment]) -> NDArray[np.float64]:
    """How often each garment is drawn: those of frequent kinds more seldom."""
    counts = Counter(garment.kind for garment in garments)
    chances = np.array([counts[garment.kind] ** -0.35 for garment in garments])
    return np.asarray(chances / chances.sum(), np.float64)


def batches(
    garments: Sequence[Garment], recipe: Recipe, steps: int, n_ahead: int = 4
) -> Iterator[tuple[Tensor, Claims]]:
    """Random batches made in a thread: two views of each instance (2B×3×S×S), and what words say of them."""
    ready: queue.Queue[tuple[Tensor, Claims]] = queue.Queue(n_ahead)
    chances = kind_chances(garments)

    def fill() -> None:
        rng = np.random.default_rng(recipe.seed)
        for _ in range(steps):
            chosen = rng.choice(len(garments), recipe.instances, replace=False, p=chances)
            shown = [dressed_anew(garments[index], rng) for index in chosen]
            for index in np.flatnonzero(rng.random(len(shown)) < LETTERING_SHARE):
                shown[index] = Garment(lettering(rng), None, "none:lettering", None, None, {}, "")
            views = np.stack([view(garment, recipe.side_px, rng) for _ in range(2) for garment in shown])
            ready.put((torch.from_numpy(views).permute(0, 3, 1, 2).float(), Claims.of(shown, rng)))

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


def losses_of(
    vectors: Tensor, claims: Claims, head: WordsHead, reader: Reader, scales: Scales, earlier: Tensor, recipe: Recipe
) -> dict[str, Tensor]:
    """Each part of the loss of two views of each instance (2B×D), by name."""
    one, other = vectors.chunk(2)
    texts = head(reader.read(claims.captions))
    losses = {
        "caption": recipe.words_share * caption_loss(texts @ vectors.T, claims.fits.repeat(1, 2), scales),
        "look": recipe.look_share * look_loss(one, other, earlier, recipe.look_temperature),
    }
    for name, share in CHOICE_SHARES.items():
        right = claims.answers[name].repeat(2)
        if (right >= 0).any():
            logits = vectors @ head(reader.read(claims.prompts[name])).T * scales.choice.exp()
            losses[name] = share * functional.cross_entropy(logits, right, ignore_index=-1, label_smoothing=0.05)
    return losses


def described(recipe: Recipe, n_garments: int, start: Path | None) -> dict[str, object]:
    """The recipe as it is kept beside the weights, behind that of the run it goes on from."""
    earlier = start.with_name(RECIPE_FILE) if start else None
    before = json.loads(earlier.read_text()) if earlier and earlier.is_file() else {}
    return {**{f"first: {name}": value for name, value in before.items()}, "garments": n_garments, **asdict(recipe)}


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


def train(
    garments: Sequence[Garment],
    held_out: Sequence[Garment],
    recipe: Recipe,
    reader: Reader,
    out: Path,
    start: Path | None,
) -> None:
    """Train both towers and keep the averaged weights; the sentence encoder stays as it is."""
    torch.manual_seed(recipe.seed)
    out.mkdir(parents=True, exist_ok=True)
    tower, head, scales = ImageTower(), WordsHead(), Scales()
    if start:
        state = torch.load(start, weights_only=True)
        for name, part in (("tower", tower), ("head", head), ("scales", scales)):
            part.load_state_dict(state[name])
    else:
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
    (out / RECIPE_FILE).write_text(json.dumps(described(recipe, len(garments), start), indent=1))
    front = torch.compile(tower.front)
    back = torch.compile(tower.back)
    started, totals, since = time.time(), Counter[str](), 0
    for step, (pixels, claims) in enumerate(batches(garments, recipe, recipe.steps), 1):
        tower.train()
        for module in frozen:
            module.eval()
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                x, means = front(pixels.contiguous(memory_format=torch.channels_last))
            vectors = back(x, means).float()
        losses = losses_of(vectors, claims, head, reader, scales, earlier, recipe)
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


def main() -> None:
    """Read the arguments and train."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    arguments.add_argument("--out", type=Path, required=True, help="where embedder.pt and recipe.json go")
    arguments.add_argument("--sentences", type=Path, help="folder of all-MiniLM-L6-v2; its package if left out")
    arguments.add_argument("--start", type=Path, help="embedder.pt to go on from instead of ImageNet's weights")
    for field in fields(Recipe):
        flag = f"--{field.name.replace('_', '-')}"
        arguments.add_argument(flag, type=type(field.default), default=field.default)
    options = arguments.parse_args()
    recipe = Recipe(**{field.name: getattr(options, field.name) for field in fields(Recipe)})
    reader = Reader(Sentences(minilm_folder(options.sentences)))
    garments = training_garments(options.data, np.random.default_rng(recipe.seed))
    held_out = list(single_garments(options.data / "clothing", held_out=True))
    print(json.dumps({"garments": len(garments), "held_out_photos": len(held_out)}), flush=True)
    train(garments, held_out, recipe, reader, options.out, options.start)


if __name__ == "__main__":
    main()
