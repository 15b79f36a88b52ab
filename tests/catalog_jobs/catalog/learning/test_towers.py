"""Our own embedder under training, from the files that ship."""

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'reelwear[models]'")
pytest.importorskip("onnx", reason="our own weights are read with onnx: pip install 'reelwear[models]'")

from catalog_jobs.catalog.learning.crops import read_crop  # noqa: E402
from catalog_jobs.catalog.learning.finetuning import finetune  # noqa: E402
from catalog_jobs.catalog.learning.learner import load_learner  # noqa: E402
from catalog_jobs.catalog.learning.options import FinetuneOptions, Layers  # noqa: E402
from catalog_jobs.catalog.learning.rows import read_prompts  # noqa: E402
from serve_app.models.image_text import ImageTextModel, Towers  # noqa: E402
from tests.catalog_jobs.catalog.learning.drawn import shop_rows, write_shop  # noqa: E402
from tests.serve_app.models.large.tiny_clip import least_cosine  # noqa: E402

torch.set_num_threads(1)
CPU = torch.device("cpu")
TEXTS = ("a red dress", "hat", "light blue denim jacket, as a long text about buttons and pockets")


@pytest.mark.parametrize("layers", ["last", "all"])
def test_the_weights_that_ship_are_read_and_put_back_as_they_were_trained(
    layers: Layers, shop: Path, tmp_path: Path
) -> None:
    learner = load_learner("embedded", FinetuneOptions(layers=layers), CPU)
    pictures = [read_crop(row.image_path) for row in read_prompts(shop).rows[:3]]
    served = Towers()
    learner.train(False)
    with torch.no_grad():
        assert least_cosine(learner.images(pictures), torch.from_numpy(served.embed_images(pictures))) > 0.9999
        assert least_cosine(learner.texts(TEXTS), torch.from_numpy(served.embed_texts(TEXTS))) > 0.9999
        torch.manual_seed(0)
        for weights in learner.module.parameters():
            if weights.requires_grad:
                weights.add_(torch.randn_like(weights) * 0.1 * weights.std())
        images, texts = learner.images(pictures), learner.texts(TEXTS)
    assert least_cosine(images, torch.from_numpy(served.embed_images(pictures))) < 0.9999
    learner.save(tmp_path)
    again = learner.served(tmp_path, pictures, TEXTS)
    assert least_cosine(images, again[0]) > 0.9999
    assert least_cosine(texts, again[1]) > 0.9999
    model = ImageTextModel(tmp_path)
    assert model.version == model.calibration.model_version != served.version


def test_what_was_written_can_be_gone_on_with(tmp_path: Path) -> None:
    first = load_learner("embedded", FinetuneOptions(), CPU)
    first.save(tmp_path)
    second = load_learner(str(tmp_path), FinetuneOptions(), CPU)
    with torch.no_grad():
        assert least_cosine(first.texts(TEXTS), second.texts(TEXTS)) > 0.9999
    assert first.version != second.version
    assert second.family == "reelwear"


def trained_by(layers: Layers | None) -> set[str]:
    module = load_learner("embedded", FinetuneOptions(layers=layers), CPU).module
    return {name for name, weights in module.named_parameters() if weights.requires_grad}


def test_only_the_projections_are_trained_unless_told() -> None:
    last, every = trained_by(None), trained_by("all")
    assert {name for name in last if name.startswith("tower")} == {"tower.project.weight", "tower.project.bias"}
    assert {name.partition(".")[0] for name in last} == {"tower", "head"}
    assert last < every
    assert not any("norm" in name for name in every)


def test_it_learns_a_small_shop_by_its_own_captions(tmp_path: Path) -> None:
    rows = shop_rows(tmp_path, colors=("red", "blue"), held_out=lambda number: number % 2 == 1)
    named = {"red": "glimmerglass", "blue": "quillwort"}
    rows = [
        replace(row, text=f"{named[row.color]} {row.label}", facts={**row.facts, "color": named[row.color]})
        for row in rows
    ]
    options = FinetuneOptions(epochs=3, batch=8, threads=1, device="cpu", rate=3e-3)
    report = finetune(write_shop(tmp_path, rows), "embedded", tmp_path / "out", options)
    assert report.epochs[-1].train_loss < report.epochs[0].train_loss
    assert report.family == "reelwear"
    assert report.epochs[-1].validation.loss < report.before.loss
