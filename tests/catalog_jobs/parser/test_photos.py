"""What training sees: views of photos, views without anybody, and what is known of each."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.parser.photos import (
    BACKGROUND,
    IGNORE,
    Groups,
    Photo,
    empty_view,
    load_tagged,
    presence_in,
    random_view,
    written_over,
)

N_GROUPS = 5
SIZE_WH = (64, 96)


def photo(allowed: np.ndarray | None = None) -> Photo:
    """A wearer in the middle: skin above a top above pants."""
    groups = np.zeros((200, 120), np.uint8)
    groups[40:70, 50:70] = 1
    groups[70:120, 40:80] = 3
    groups[120:180, 42:78] = 4
    pixels = np.random.default_rng(0).integers(0, 256, (200, 120, 3), np.uint8)
    return Photo("x", pixels, groups, N_GROUPS, allowed, {4: np.argwhere(groups == 4)[::50]})


def test_a_view_has_the_size_asked_for_and_says_what_is_in_it() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        seen = random_view([photo()], 0, SIZE_WH, rng)
        assert seen.pixels.shape == (96, 64, 3)
        counts = np.bincount(seen.groups.ravel(), minlength=256)[:N_GROUPS]
        for group in range(N_GROUPS):
            assert seen.presence[group] == (1 if counts[group] >= 24 else -1 if counts[group] else 0)
        assert (seen.has_wearer == ((seen.groups != BACKGROUND) & (seen.groups != IGNORE))).mean() > 0.85


def test_votes_lead_to_the_middle_of_the_wearer() -> None:
    seen = random_view([photo()], 0, SIZE_WH, np.random.default_rng(2))
    ys, xs = np.nonzero(seen.has_wearer)
    aims = np.stack([xs + seen.votes[ys, xs, 0], ys + seen.votes[ys, xs, 1]], 1)
    centres = {tuple(row) for row in np.round(aims).astype(int)}
    assert len(centres) <= 4  # one wearer or, pasted in, two


def test_of_a_tagged_photo_only_what_nobody_saw_is_certain() -> None:
    allowed = np.array([True, True, True, True, False])
    groups = np.zeros((40, 40), np.uint8)
    groups[:20] = 3
    known = presence_in(groups, photo(allowed))
    assert known.tolist() == [1, -1, -1, 1, 0]


def test_an_empty_view_shows_nobody() -> None:
    rng = np.random.default_rng(3)
    for _ in range(10):
        seen = empty_view([photo()], SIZE_WH, rng)
        assert (seen.groups == BACKGROUND).all()
        assert not seen.has_wearer.any()
        assert seen.presence.tolist() == [1, 0, 0, 0, 0]


def test_letters_over_a_garment_are_no_garment() -> None:
    groups = np.full((96, 64), 3, np.uint8)
    pixels = np.zeros((96, 64, 3), np.uint8)
    written, left = written_over(pixels, groups, np.random.default_rng(4))
    ink = left == BACKGROUND
    assert 0 < ink.mean() < 0.9
    assert (left[~ink] == 3).all()
    assert (written[~ink] == 0).all()


@pytest.mark.parametrize(
    ("tags", "is_skin_known"), [(["ring", "top"], False), (["top"], True)], ids=["worn", "not worn"]
)
def test_where_jewelry_is_worn_a_drawn_label_image_is_not_sure_of_skin(
    tmp_path: Path, tags: list[str], is_skin_known: bool
) -> None:
    labels = ["null", "skin", "hair", "top", "ring"]
    table = {"background": ["null"], "skin": ["skin"], "hair": ["hair"], "top": ["top"], "jewelry": ["ring"]}
    for name, told in (("labels.json", labels), ("groups.json", table), ("tags.json", {"a": tags})):
        (tmp_path / name).write_text(json.dumps(told))
    drawn = np.repeat(np.arange(5, dtype=np.uint8)[None], 6, 0)
    cv2.imwrite(str(tmp_path / "a.png"), drawn)
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((6, 5, 3), np.uint8))
    groups = Groups.load(tmp_path / "labels.json", tmp_path / "groups.json")
    (loaded,) = load_tagged(tmp_path, tmp_path, tmp_path / "tags.json", tmp_path / "labels.json", groups)
    assert loaded.allowed is not None
    assert loaded.allowed.tolist() == [True, True, True, True, not is_skin_known]
    assert (loaded.groups[0] == ([0, 1, 2, 3, 4] if is_skin_known else [0, IGNORE, IGNORE, 3, 4])).all()
