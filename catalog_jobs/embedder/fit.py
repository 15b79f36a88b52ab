"""What the embedder's cosines mean, fitted on photos that it never saw: cut-offs, chances of words, attributes.

`python -m catalog_jobs.embedder.fit --weights DIR --data DIR` fits the towers in a folder again, as the export does.

The fit uses one half of the held-out photos (by a hash of their names), so that the other half can judge it.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch.nn import functional

from catalog_jobs.embedder.captions import ATTRIBUTE_WORDS
from catalog_jobs.embedder.garments import Garment, single_garments, street_garments
from catalog_jobs.embedder.views import PRINTS, printed
from catalog_jobs.evaluate.data.attribute_labels import LabelledGarment, read_labelled
from catalog_jobs.evaluate.data.class_folders import list_class_photos
from catalog_jobs.evaluate.data.crops import Crop, cut_photo
from catalog_jobs.evaluate.data.sources import Given
from catalog_jobs.evaluate.embedders import EmbeddedEmbedder, embed_stream
from catalog_jobs.evaluate.held_out import is_for_fitting
from catalog_jobs.evaluate.measures.pairs import balanced_weights, lowest_cutoff, precision_recall
from catalog_jobs.evaluate.pair_quality import Pairs, exact_pairs, similar_pairs, two_views
from catalog_jobs.evaluate.prompts import class_prompts, garment_text
from serve_app.contract import Cutoffs, WordFit
from serve_app.models.calibration import DEFAULT, AttributeFit, Calibration
from serve_app.models.image_text import ImageTextModel
from serve_app.models.pictures import crop_masked

IMAGE_FILE: Final = "image_tower.onnx"
CALIBRATION_FILE: Final = "image_text.json"
EXACT_PRECISION, SIMILAR_PRECISION = 0.95, 0.80
ATTRIBUTE_PRECISION, LEAST_BALANCED_PRECISION = 0.85, 0.6
# Fewer readings than this say nothing of a limit, nor fewer garments of a value.
LEAST_SAID: Final = 5
# A type with fewer garments than this shares the cut-offs of all types.
MIN_GARMENTS: Final = 20
# Exact is never closer to similar than this.
LEAST_GAP: Final = 0.02
VIEW_ROUNDS: Final = 3
NOUNS: Final = ("garment", "piece of clothing")
TYPES_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "pattern": ("top", "outerwear", "dress", "skirt", "pants", "shorts", "scarf"),
    "sleeve": ("top", "outerwear", "dress"),
    "length": ("dress", "skirt"),
}
UNFITTED: Final = {DEFAULT: Cutoffs(exact=0.95, similar=0.85, same=0.9, unrelated=0.5)}
Floats = NDArray[np.float64]


def write_calibration(folder: Path, data: Path) -> dict[str, object]:
    """Fit everything for the towers in a folder and write it beside them; returns a short account."""
    file = folder / CALIBRATION_FILE
    properties = onnx.load(folder / IMAGE_FILE).metadata_props
    version = next(entry.value for entry in properties if entry.key == "version")
    plain = Calibration(model_version=version, cutoffs=UNFITTED, words=WordFit(scale=20.0, bias=-5.0), class_scale=20.0)
    file.write_text(plain.model_dump_json(indent=1))
    embedder = EmbeddedEmbedder(folder, 2)
    labelled = Given(data=data).labelled_photos()
    assert labelled is not None  # noqa: S101  # data was given
    crops = [
        crop for photo in labelled.read() if is_for_fitting(photo.name) for crop in cut_photo(photo, labelled.groups)
    ]
    vectors = embed_stream(embedder, (crop.served for crop in crops))
    fitted = Calibration(
        model_version=embedder.version,
        cutoffs=fit_cutoffs(embedder, crops, vectors),
        words=fit_words(embedder, crops, vectors),
        class_scale=fit_class_scale(embedder, data),
        attributes=fit_attributes(embedder.model, data, [c.photo for c in crops]),
    )
    file.write_text(fitted.model_dump_json(indent=1) + "\n")
    return json.loads(fitted.model_dump_json(exclude={"attributes": {"__all__": {"prompts"}}}))  # type: ignore[no-any-return]


def fit_cutoffs(embedder: EmbeddedEmbedder, crops: Sequence[Crop], vectors: NDArray[np.float32]) -> dict[str, Cutoffs]:
    """Cut-offs of each type with enough garments, and of all together as the default."""
    exact: dict[str, list[Pairs]] = {}
    for seed in range(VIEW_ROUNDS):
        for pairs in exact_pairs(crops, *two_views(embedder, crops, 1000 + seed)):
            exact.setdefault(pairs.kind, []).append(pairs)
    similar = {pairs.kind: pairs for pairs in similar_pairs(crops, vectors)}
    every = [pairs for parts in exact.values() for pairs in parts]
    default = cutoffs_of(every, list(similar.values()), None)
    garments = {kind: sum(crop.type == kind for crop in crops) for kind in exact}
    own = {
        kind: cutoffs_of(parts, [similar[kind]] if kind in similar else [], default)
        for kind, parts in sorted(exact.items())
        if garments[kind] >= MIN_GARMENTS
    }
    return {DEFAULT: default, **own}


def cutoffs_of(exact: Sequence[Pairs], similar: Sequence[Pairs], default: Cutoffs | None) -> Cutoffs:
    """The lowest cut-offs with the wanted precision, as if half of the pairs belonged together."""
    cosines = np.concatenate([pairs.cosines for pairs in exact])
    belongs = np.concatenate([pairs.belongs for pairs in exact])
    curve = precision_recall(cosines, belongs, balanced_weights(belongs))
    found = lowest_cutoff(curve, EXACT_PRECISION)
    exact_at = found[0] if found else 0.99
    similar_at = exact_at - LEAST_GAP
    if similar:
        alike = np.concatenate([pairs.cosines for pairs in similar])
        is_alike = np.concatenate([pairs.belongs for pairs in similar])
        reached = lowest_cutoff(precision_recall(alike, is_alike, balanced_weights(is_alike)), SIMILAR_PRECISION)
        if reached:
            similar_at = min(reached[0], exact_at - LEAST_GAP)
        elif default is not None:
            similar_at = min(default.similar, exact_at - LEAST_GAP)
    same, unrelated = float(np.median(cosines[belongs])), float(np.median(cosines[~belongs]))
    return Cutoffs(
        exact=round(exact_at, 4), similar=round(similar_at, 4), same=round(same, 4), unrelated=round(unrelated, 4)
    )


def fit_words(embedder: EmbeddedEmbedder, crops: Sequence[Crop], vectors: NDArray[np.float32]) -> WordFit:
    """The logistic curve from the cosine of words and a garment to the chance that they fit."""
    types = sorted({crop.type for crop in crops})
    colors = sorted({crop.color for crop in crops if crop.color})
    asked = [(kind, color) for kind in (*types, None) for color in (*colors, None) if kind or color]
    texts = embedder.embed_texts([garment_text(kind, color) for kind, color in asked])
    fits = np.array([[(k in (None, c.type)) and (o in (None, c.color)) for c in crops] for k, o in asked])
    return fit_logistic((texts @ vectors.T).ravel().astype(np.float64), fits.ravel())


def fit_logistic(values: Floats, truth: NDArray[np.bool_]) -> WordFit:
    """Maximum likelihood of one slope and one bias, by Newton's steps."""
    design = np.column_stack([values, np.ones(len(values))])
    weights = np.array([10.0, -5.0])
    for _ in range(60):
        chances = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = (chances * (1 - chances))[:, None] * design
        step = np.linalg.solve(design.T @ slope + 1e-6 * np.eye(2), design.T @ (truth - chances))
        weights = weights + np.clip(step, -20, 20)
        if np.abs(step).max() < 1e-6:
            break
    return WordFit(scale=round(float(weights[0]), 4), bias=round(float(weights[1]), 4))


def fit_class_scale(embedder: EmbeddedEmbedder, data: Path) -> float:
    """What cosines of class words are multiplied by before the softmax, by maximum likelihood on clothing photos."""
    photos = [p for p in list_class_photos(data / "clothing", only_held_out=True) if is_for_fitting(p.path.name)]
    classes = sorted({photo.kind for photo in photos})
    directions = np.stack([embedder.embed_texts(class_prompts(kind)).mean(0) for kind in classes])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = embed_stream(embedder, (photo.read() for photo in photos)) @ directions.T
    truth = np.array([classes.index(photo.kind) for photo in photos])
    scale, _ = fit_softmax(cosines.astype(np.float64), truth, with_biases=False)
    return round(scale, 3)


def fit_softmax(
    cosines: Floats, truth: NDArray[np.intp], with_biases: bool, weights: Floats | None = None
) -> tuple[float, Floats]:
    """Scale and biases of a softmax over cosines (N×V), by maximum likelihood with a small prior on the biases.

    weights: what each row counts, 1 unless told.
    """
    x, right = torch.from_numpy(cosines), torch.from_numpy(truth)
    counts = torch.ones(len(x), dtype=torch.float64) if weights is None else torch.from_numpy(weights)
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    biases = torch.zeros(cosines.shape[1], dtype=torch.float64, requires_grad=with_biases)
    optimizer = torch.optim.LBFGS([scale, biases] if with_biases else [scale], max_iter=200)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        losses = functional.cross_entropy(x * scale.exp() + biases, right, reduction="none")
        loss = (losses * counts).sum() / counts.sum() + 0.01 * (biases**2).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return float(scale.detach().exp()), biases.detach().numpy()


def fit_attributes(model: ImageTextModel, data: Path, names: Sequence[str]) -> tuple[AttributeFit, ...]:
    """Each attribute's scale, biases and least confidence: half by garments that people looked at, half by garments of
    which it is known by rules or because the print was drawn.
    """
    rng = np.random.default_rng(11)
    garments = list(street_garments(data / "ccp", sorted(set(names))))
    singles = [g for g in single_garments(data / "clothing", held_out=True) if is_for_fitting(g.source)]
    plain = [garment for garment in garments if garment.known.get("pattern") == "solid"]
    prints = [printed(plain[i % len(plain)], pattern, rng) for i in range(3 * len(plain)) for pattern in PRINTS]
    shown = {"pattern": [*plain * 3, *prints], "sleeve": [*garments, *singles], "length": garments}
    looked_at = [garment for garment in read_labelled(data) if is_for_fitting(garment.photo)]
    return tuple(fit_attribute(model, name, shown[name], looked_at) for name in TYPES_WITH)


def fit_attribute(
    model: ImageTextModel, name: str, shown: Sequence[Garment], looked_at: Sequence[LabelledGarment]
) -> AttributeFit:
    """One attribute, from garments of which some are known to have one of its values. The least confidence is found on
    those that people looked at alone, if these show two of the values often enough.
    """
    prompts = {value: prompts_of(words) for value, words in ATTRIBUTE_WORDS[name].items()}
    values = list(prompts)
    by_rule = [garment for garment in shown if garment.known.get(name) in values]
    by_eye = [garment for garment in looked_at if garment.values.get(name) in values]
    pictures = [
        *(garment.picture for garment in by_eye),
        *(g.pixels if g.mask is None else crop_masked(g.pixels, g.mask) for g in by_rule),
    ]
    said = [*(garment.values[name] for garment in by_eye), *(garment.known[name] for garment in by_rule)]
    truth = np.array([values.index(value) for value in said])
    directions = np.stack([model.embed_texts(texts).mean(0) for texts in prompts.values()])
    cosines = (model.embed_images(pictures) @ directions.T).astype(np.float64)
    weights = np.repeat([len(by_rule) / max(len(by_eye), 1), 1.0], [len(by_eye), len(by_rule)])
    scale, biases = fit_softmax(cosines, truth, with_biases=True, weights=weights)
    fitted = AttributeFit(
        name=name,
        prompts=prompts,
        biases={value: round(float(bias), 4) for value, bias in zip(values, biases, strict=True)},
        scale=round(scale, 4),
        min_confidence=1.0,
        types=TYPES_WITH[name],
    )
    is_enough = (np.bincount(truth[: len(by_eye)]) >= LEAST_SAID).sum() >= 2
    judged = slice(len(by_eye) if is_enough else None)
    limit = least_confidence(fitted.chances(cosines)[judged], truth[judged])
    return fitted.model_copy(update={"min_confidence": limit})


def prompts_of(words: Sequence[str]) -> tuple[str, ...]:
    """The texts that stand for a value."""
    return tuple(
        f"a {noun} {word}" if word.startswith(("with", "printed")) else f"a {word} {noun}"
        for word in words
        for noun in NOUNS
    )


def least_confidence(chances: Floats, truth: NDArray[np.intp]) -> float:
    """The lowest of some round limits above which the wanted share is right; 1, which no chance reaches, if none is.
    To name the commonest value each time is no reading: most must be right also if all values were equally common.

    chances: N×V. truth: the right columns.
    """
    each = 1 / np.bincount(truth, minlength=chances.shape[1]).clip(1)[truth]
    confidences, is_right = chances.max(1), chances.argmax(1) == truth
    for limit in np.arange(0.5, 0.96, 0.05):
        kept = confidences >= limit
        if kept.sum() < LEAST_SAID:
            continue
        is_sure = is_right[kept].mean() >= ATTRIBUTE_PRECISION
        if is_sure and np.average(is_right[kept], weights=each[kept]) >= LEAST_BALANCED_PRECISION:
            return round(float(limit), 2)
    return 1.0


def main() -> None:
    """Read the arguments and fit."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--weights", type=Path, required=True, help="folder of the towers; image_text.json goes there"
    )
    arguments.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    options = arguments.parse_args()
    print(json.dumps(write_calibration(options.weights, options.data)))


if __name__ == "__main__":
    main()
