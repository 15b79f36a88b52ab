"""The training, on a handful of drawn photos."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training needs torch: pip install 'reelwear[models]'")

from catalog_jobs.parser.photos import Groups, Photo  # noqa: E402
from catalog_jobs.parser.train import (  # noqa: E402
    RECIPE_FILE,
    Recipe,
    allowed_loss,
    batches,
    rate_at,
    sampling_chances,
    train,
)

GROUPS = Groups(("background", "skin", "hair", "top"), np.full(256, 255, np.uint8))
SHORT = Recipe(steps=12, batch=2, view_wh=(64, 96), rate_heads=0.01)


def photo(name: str, allowed: tuple[bool, ...] | None = None) -> Photo:
    """A red garment below a face, on noise."""
    rng = np.random.default_rng(int(name))
    pixels = rng.integers(0, 256, (160, 110, 3), np.uint8)
    groups = np.zeros((160, 110), np.uint8)
    groups[20:50, 40:70], groups[50:120, 30:80] = 1, 3
    pixels[groups == 1], pixels[groups == 3] = (220, 170, 150), (200, 20, 20)
    return Photo(name, pixels, groups, 4, None if allowed is None else np.array(allowed))


def test_the_same_seed_gives_the_same_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, held_out = [photo(str(number)) for number in range(4)], [photo("9")]
    scores = [train(photos, held_out, GROUPS, SHORT, tmp_path / run, None, is_compiled=False) for run in ("a", "b")]
    assert scores[0].miou == pytest.approx(scores[1].miou, abs=0.01)
    assert scores[0].pixel_accuracy == pytest.approx(scores[1].pixel_accuracy, abs=0.01)
    assert json.loads((tmp_path / "a" / RECIPE_FILE).read_text())["steps"] == SHORT.steps
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == [12, 12]

    other = replace(SHORT, seed=8)
    score = train(photos, held_out, GROUPS, other, tmp_path / "c", tmp_path / "a" / "parser.pt", is_compiled=False)
    assert score.miou != scores[0].miou
    went_on = json.loads((tmp_path / "c" / RECIPE_FILE).read_text())
    assert went_on["goes on from"]
    assert went_on["before"]["seed"] == 7


def test_batches_are_of_one_shape_and_weigh_drawn_label_images_less() -> None:
    photos = [photo("1"), photo("2", (True, True, True, True))]
    recipe = replace(SHORT, steps=20, empty_share=0.0, tagged_share=0.5, tagged_weight=0.25)
    drawn = list(batches(photos, recipe))
    assert {tuple(batch.pixels.shape) for batch in drawn} == {(2, 3, 96, 64)}
    assert {float(weight) for batch in drawn for weight in batch.weight} == {1.0, 0.25}
    assert sampling_chances(photos, 0.25) == pytest.approx([0.75, 0.25])


def test_a_run_ends_after_its_minutes_with_its_rates_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    endless = replace(SHORT, steps=1_000_000, minutes=0.05)
    train([photo("1"), photo("2")], [photo("9")], GROUPS, endless, tmp_path, None, is_compiled=False)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["step"] < 10_000
    assert last["miou"] > 0
    assert rate_at(0) == pytest.approx(0.04)
    assert rate_at(0.1) == pytest.approx(1)
    assert rate_at(0.55) == pytest.approx(0.5, abs=1e-3)
    assert rate_at(1) == pytest.approx(0, abs=1e-4)


def test_what_nobody_saw_in_a_photo_costs_by_its_chance() -> None:
    logits = torch.zeros(2, 4, 3, 3)
    allowed = torch.tensor([[True, True, True, True], [True, True, False, False]])
    assert float(allowed_loss(logits, allowed)) == pytest.approx(np.log(2), abs=1e-6)
    logits[1, 2] = -100
    logits[1, 3] = -100
    assert float(allowed_loss(logits, allowed)) == pytest.approx(0, abs=1e-6)
    assert float(allowed_loss(logits, torch.ones(2, 4, dtype=torch.bool))) == 0
