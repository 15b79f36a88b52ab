"""The family that ships: the real parser beside tiny towers."""

from pathlib import Path

import numpy as np
import pytest

from serve_app.errors import ModelServerError
from serve_app.models.embedded import FRAME_LONG_SIDE_PX, EmbeddedModels, GarmentParserModel
from serve_app.models.families import FAMILIES
from serve_app.models.rows import ROLES
from tests.serve_app.models.towers import CUTOFFS, DIMENSION, VERSION, write_family


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedModels:
    return EmbeddedModels(1, write_family(tmp_path_factory.mktemp("weights")))


def test_each_role_is_filled_once_and_by_the_model_that_says_so(models: EmbeddedModels) -> None:
    rows = models.describe()
    assert tuple(row.role for row in rows) == ROLES
    by_row = {role: row.name for row in FAMILIES["embedded"].rows for role in row.roles}
    assert {row.role: row.name for row in rows} == by_row


def test_the_embedder_says_what_its_cosines_mean(models: EmbeddedModels) -> None:
    *parser, embedder = models.describe()
    assert (embedder.version, embedder.dimension) == (VERSION, DIMENSION)
    assert embedder.cutoffs == {"default": CUTOFFS}
    assert embedder.words is not None
    assert all(row.dimension is None and row.words is None and not row.cutoffs for row in parser)


def test_the_same_frame_has_the_same_garments_whatever_is_beside_it(models: EmbeddedModels) -> None:
    figure, wall = np.full((320, 180, 3), 200, np.uint8), np.zeros((64, 64, 3), np.uint8)
    figure[90:180, 60:120], figure[180:300, 65:115] = (180, 40, 40), (30, 60, 120)
    alone, beside, _ = (*models.find_garments([figure]), *models.find_garments([figure, wall]))
    assert [(one.label, one.box_xyxy) for one in alone] == [(one.label, one.box_xyxy) for one in beside]


def test_pictures_of_different_sizes_share_a_pass_of_the_parser(models: EmbeddedModels) -> None:
    tall, wide = np.zeros((640, 360, 3), np.uint8), np.zeros((200, 300, 3), np.uint8)
    prepared = [models.parser.prepare(picture) for picture in (tall, wide, tall)]
    assert [max(picture.shape) for picture in prepared] == [FRAME_LONG_SIDE_PX] * 3
    parsings = models.parser.infer(prepared)
    groups = len(models.parser.groups)
    assert [parsing.logits.shape for parsing in parsings] == [(groups, 144, 80), (groups, 96, 144), (groups, 144, 80)]


def test_a_missing_parser_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match=r"nowhere\.onnx are missing.*catalog_jobs\.parser\.export"):
        GarmentParserModel(tmp_path / "nowhere.onnx")


def test_a_damaged_parser_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "parser.onnx").write_bytes(b"half a file")
    with pytest.raises(ModelServerError, match=r"parser\.onnx cannot be read.*catalog_jobs\.parser\.export"):
        GarmentParserModel(tmp_path / "parser.onnx")
