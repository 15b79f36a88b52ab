"""A CLIP and a SigLIP under training: what is learnt, and the folder that is written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'reelwear[models]'")

from catalog_jobs.catalog.learning.clip import ClipLearner  # noqa: E402
from catalog_jobs.catalog.learning.crops import read_crop  # noqa: E402
from catalog_jobs.catalog.learning.learner import load_learner  # noqa: E402
from catalog_jobs.catalog.learning.options import FinetuneOptions  # noqa: E402
from catalog_jobs.catalog.learning.rows import read_prompts  # noqa: E402
from infra.errors import ErrorCode, ReelwearError  # noqa: E402
from serve_app.config import ServeSettings  # noqa: E402
from serve_app.models.large.choice import chosen  # noqa: E402
from serve_app.models.large.clip import load_clip  # noqa: E402
from tests.serve_app.models.large.tiny_clip import (  # noqa: E402
    TEXTS,
    least_cosine,
    write_clip,
    write_open_clip,
    write_siglip,
)

torch.set_num_threads(1)
CPU = torch.device("cpu")
WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip, "open_clip": write_open_clip}


@pytest.fixture(params=WRITERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A tiny model of each family."""
    made: Path = tmp_path / request.param
    made.mkdir()
    WRITERS[request.param](made)
    return made


def stirred(learner: ClipLearner) -> ClipLearner:
    """A learner whose weights are no longer those it came with."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weights in learner.module.parameters():
            weights.add_(torch.randn_like(weights) * 0.05)
    return learner


def test_it_begins_as_the_model_server_has_it(folder: Path, shop: Path) -> None:
    learner, served = ClipLearner(folder, FinetuneOptions(), CPU), load_clip(folder, CPU)
    pictures = [read_crop(row.image_path) for row in read_prompts(shop).rows[:5]]
    learner.train(False)
    with torch.no_grad():
        tensors = [torch.from_numpy(one).permute(2, 0, 1) for one in pictures]
        assert least_cosine(learner.images(pictures), served.embed_images(tensors)) > 0.9999
        assert least_cosine(learner.texts(TEXTS), served.embed_texts(TEXTS)) > 0.9999


def test_the_folder_that_is_written_is_loaded_by_the_server_and_answers_as_what_was_trained(
    folder: Path, shop: Path, tmp_path: Path
) -> None:
    learner = stirred(ClipLearner(folder, FinetuneOptions(), CPU))
    out = tmp_path / "out"
    out.mkdir()
    learner.save(out)
    choice = chosen(ServeSettings(embedder=str(out)))["embedder"]
    assert choice.folder == out
    served = load_clip(choice.folder, CPU)
    pictures = [read_crop(row.image_path) for row in read_prompts(shop).rows[:5]]
    learner.train(False)
    with torch.no_grad():
        tensors = [torch.from_numpy(one).permute(2, 0, 1) for one in pictures]
        assert least_cosine(learner.images(pictures), served.embed_images(tensors)) > 0.9999
        assert least_cosine(learner.texts(TEXTS), served.embed_texts(TEXTS)) > 0.9999
    before = load_clip(folder, CPU)
    assert least_cosine(before.embed_images(tensors), served.embed_images(tensors)) < 0.999
    assert before.version != served.version


def test_nothing_but_weights_and_settings_is_written(folder: Path, tmp_path: Path) -> None:
    (folder / "modeling_own.py").write_text("raise SystemExit")
    (folder / "reelwear-pull.json").write_text("{}")
    out = tmp_path / "out"
    out.mkdir()
    ClipLearner(folder, FinetuneOptions(), CPU).save(out)
    assert {path.suffix for path in out.iterdir()} == {".json", ".safetensors"}
    assert not (out / "reelwear-pull.json").exists()


def test_open_clips_texts_are_read_as_siglips_from_then_on(tmp_path: Path) -> None:
    write_open_clip(tmp_path)
    learner = ClipLearner(tmp_path, FinetuneOptions(), CPU)
    out = tmp_path / "out"
    out.mkdir()
    learner.save(out)
    assert json.loads((out / "config.json").read_text())["model_type"] == "siglip"
    assert load_clip(out, CPU).words.rules.cleaning == "siglip"


def test_the_last_layers_alone_can_be_trained(folder: Path) -> None:
    learner = ClipLearner(folder, FinetuneOptions(layers="last"), CPU)
    trained = {name.split(".")[0] for name, weights in learner.module.named_parameters() if weights.requires_grad}
    every = ClipLearner(folder, FinetuneOptions(), CPU)
    counts = [sum(w.numel() for w in one.module.parameters() if w.requires_grad) for one in (learner, every)]
    assert 0 < counts[0] < counts[1]
    assert trained


def test_the_temperature_is_the_models_own_unless_told(folder: Path) -> None:
    own = ClipLearner(folder, FinetuneOptions(), CPU)
    assert not any(one.requires_grad for one in own.scale_parameters)
    told = ClipLearner(folder, FinetuneOptions(temperature=0.05, learns_temperature=True), CPU)
    assert told.temperature() == pytest.approx(0.05, rel=1e-4)
    assert all(one.requires_grad for one in told.scale_parameters)


@pytest.mark.parametrize("what", ["nothing", "a file", "another model"])
def test_what_is_no_model_is_refused_by_name(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    if what == "a file":
        folder.write_text("")
    elif what == "another model":
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ReelwearError, match="model") as caught:
        load_learner(str(folder), FinetuneOptions(), CPU)
    assert caught.value.code is ErrorCode.BAD_SETTING
