import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.evaluate.embedders import Embedder, embed_stream, load_embedder
from serve_app.errors import ModelServerError
from tests.catalog_jobs.evaluate.stand_in import StandIn


@pytest.mark.parametrize("spec", ["", "clip", "server", "transformers:"])
def test_an_unknown_spec_is_refused_with_those_that_are_known(spec: str) -> None:
    with pytest.raises(ValueError, match="give one of: embedded, "):
        load_embedder(spec)


def test_a_model_for_another_role_is_refused() -> None:
    with pytest.raises(ValueError, match="'yolos-fashionpedia', a detector; give one of: embedded"):
        load_embedder("yolos-fashionpedia")


def test_a_model_of_the_table_that_is_not_here_says_how_to_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="large models need torch: pip install 'reelwear[models]'")
    monkeypatch.setenv("REELWEAR_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelServerError, match="reelwear models pull fashion-clip"):
        load_embedder("fashion-clip")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere is no folder; give --embedder embedded:FOLDER"):
        load_embedder(f"embedded:{tmp_path / 'nowhere'}")


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match=r"image_tower\.onnx are missing"):
        load_embedder(f"embedded:{tmp_path}")


def test_a_stream_of_pictures_gives_the_vectors_of_the_pictures() -> None:
    embedder: Embedder = StandIn()
    pictures = [np.full((20, 20, 3), (level * 2, 255 - level, 30), np.uint8) for level in range(70)]
    assert np.array_equal(embed_stream(embedder, iter(pictures)), embedder.embed_images(pictures))
    assert embed_stream(embedder, iter([])).shape == (0, embedder.dimension)


def test_measuring_what_ships_needs_neither_torch_nor_matplotlib() -> None:
    heavy = "{'torch', 'ray', 'transformers', 'matplotlib'}"
    program = f"import sys, catalog_jobs.evaluate.__main__; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
