import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from catalog_jobs.parser.photos import IGNORE, Groups

torch = pytest.importorskip("torch", reason="the job needs torch: pip install 'reelwear[models]'")

from catalog_jobs.parser.network import GarmentParser  # noqa: E402
from catalog_jobs.parser.pseudo import group_image, tagged, write  # noqa: E402

LABELS = ["null", "skin", "hair", "coat", "jeans", "mystery"]
GROUPS = {"background": ["null"], "skin": ["skin"], "hair": ["hair"], "outerwear": ["coat"], "pants": ["jeans"]}


@pytest.fixture
def groups(tmp_path: Path) -> Groups:
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    (tmp_path / "groups.json").write_text(json.dumps(GROUPS))
    return Groups.load(tmp_path / "labels.json", tmp_path / "groups.json")


def test_what_nobody_named_is_never_taught() -> None:
    chances = np.zeros((5, 1, 3), np.float32)
    chances[:, 0, 0] = (0.10, 0, 0, 0.2, 0.7)  # pants, which cannot be: then outerwear, surely enough
    chances[:, 0, 1] = (0.45, 0, 0, 0.55, 0)  # neither of two is sure
    chances[:, 0, 2] = (0.90, 0, 0, 0.1, 0)
    assert group_image(chances, (0, 1, 2, 3)).tolist() == [[3, IGNORE, 0]]


def test_tags_become_groups_beside_what_every_photo_may_show(tmp_path: Path, groups: Groups) -> None:
    (tmp_path / "tags.json").write_text(json.dumps({"7": ["jeans", "mystery", "unheard of"]}))
    (known,) = tagged(tmp_path, tmp_path / "tags.json", tmp_path / "labels.json", groups)
    assert known.possible == (0, 1, 2, 4)
    assert known.path == tmp_path / "7.jpg"


def test_each_photo_gets_a_group_image_of_its_size(tmp_path: Path, groups: Groups) -> None:
    torch.manual_seed(1)
    cv2.imwrite(str(tmp_path / "7.jpg"), np.full((90, 61, 3), 127, np.uint8))
    (tmp_path / "tags.json").write_text(json.dumps({"7": ["jeans"]}))
    photos = tagged(tmp_path, tmp_path / "tags.json", tmp_path / "labels.json", groups)
    assert write(GarmentParser(5), photos, tmp_path / "out") == 1
    made = cv2.imread(str(tmp_path / "out" / "7.png"), cv2.IMREAD_GRAYSCALE)
    assert made is not None
    assert made.shape == (90, 61)
    assert set(np.unique(made)) <= {0, 1, 2, 4, IGNORE}
    assert (tmp_path / "out" / "7.jpg").exists()
