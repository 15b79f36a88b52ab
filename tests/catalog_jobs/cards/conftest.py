import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from catalog_jobs.cards.evaluation import Evaluation
from catalog_jobs.cards.making import Making, making_of
from serve_app.models.calibration import Calibration
from serve_app.models.garment_parser import GARMENT_PARSER
from serve_app.models.image_text import IMAGE_TEXT
from serve_app.models.rows import WEIGHTS_DIR
from tests.catalog_jobs.evaluate.drawn import write_data
from tests.catalog_jobs.evaluate.running import run_json
from tests.catalog_jobs.evaluate.stand_in import served

PARSER_RECIPE = {"photos": 730, "tagged photos": 880, "steps": 3200, "batch": 8, "seed": 7, "dice_share": 0.7}
EMBEDDER_RECIPE = {"first: steps": 900, "first: side_px": 160, "garments": 7284, "steps": 300, "side_px": 192}
FACTS = {"version": "abc", "changed_share": 0.0067, "image_cosine": 0.9999, "text_cosine": 0.9987}


@pytest.fixture(scope="package")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """evaluation.json of a run over drawn photos by the shipped parser and the stand-in embedder, plots beside it."""
    folder = tmp_path_factory.mktemp("evaluated")
    data = write_data(tmp_path_factory.mktemp("data"))
    with served() as address:
        run_json(
            "all", "--embedder", f"server:{address}", "--data", str(data), "--distractors", "10",
            "--negatives", str(data / "clothing"), "--out", str(folder),
        )  # fmt: skip
    return folder / "evaluation.json"


@pytest.fixture
def evaluation(evaluated: Path) -> Evaluation:
    return Evaluation.load(evaluated)


@pytest.fixture
def document(evaluated: Path) -> Any:
    """The same as plain JSON."""
    return json.loads(evaluated.read_text())


@pytest.fixture
def parser_making(tmp_path: Path) -> Making:
    return making_of(GARMENT_PARSER, WEIGHTS_DIR, *kept(tmp_path, PARSER_RECIPE), "c0ffee", "two cores, 9 hours")


@pytest.fixture
def embedder_making(tmp_path: Path) -> Making:
    return making_of(IMAGE_TEXT, WEIGHTS_DIR, *kept(tmp_path, EMBEDDER_RECIPE), "c0ffee", "two cores, 42 minutes")


@pytest.fixture
def calibration() -> Calibration:
    """That of the shipped embedder."""
    return Calibration.load(WEIGHTS_DIR / IMAGE_TEXT.files[3])


def kept(folder: Path, recipe: Mapping[str, object]) -> tuple[Path, Path]:
    """A recipe and what an export said, as files."""
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "facts.json").write_text(json.dumps(FACTS))
    return folder / "recipe.json", folder / "facts.json"
