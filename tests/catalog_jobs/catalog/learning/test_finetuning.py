"""A fine-tuning from end to end, on tiny models: it learns, stops, goes on, and promotes only what is better."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'reelwear[models]'")

from catalog_jobs.catalog.learning.checkpoints import load_last, read_whole  # noqa: E402
from catalog_jobs.catalog.learning.finetuning import finetune, only_run  # noqa: E402
from catalog_jobs.catalog.learning.learner import load_learner  # noqa: E402
from catalog_jobs.catalog.learning.options import FinetuneOptions  # noqa: E402
from catalog_jobs.catalog.learning.pace import Step  # noqa: E402
from catalog_jobs.catalog.learning.pictures import Shelf  # noqa: E402
from catalog_jobs.catalog.learning.report import FinetuneReport  # noqa: E402
from catalog_jobs.catalog.learning.rows import read_prompts  # noqa: E402
from catalog_jobs.catalog.learning.validation import look  # noqa: E402
from infra.errors import ErrorCode, ReelwearError  # noqa: E402
from serve_app.models.large.clip import load_clip  # noqa: E402
from tests.catalog_jobs.catalog.learning.drawn import shop_rows, write_shop  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip, write_siglip  # noqa: E402

torch.set_num_threads(1)
CPU = torch.device("cpu")
WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip}
RATES = {"clip": 2e-3, "siglip": 5e-3}
QUICK = FinetuneOptions(epochs=3, batch=16, rate=2e-3, temperature=0.1, patience=9, threads=1, device="cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Tiny models by family."""
    folders = {name: tmp_path_factory.mktemp(name) for name in WRITERS}
    for name, folder in folders.items():
        torch.manual_seed(0)
        WRITERS[name](folder)
    return folders


def options(**changes: Any) -> FinetuneOptions:
    return FinetuneOptions(**{**vars(QUICK), **changes})


def long_run(family: str) -> FinetuneOptions:
    return options(epochs=16, patience=16, rate=RATES[family])


def weights_in(path: Path) -> dict[str, Any]:
    told = read_whole(path)
    assert told is not None
    found: dict[str, Any] = told["module"] if "module" in told else told["state"]["module"]
    return found


@pytest.fixture(scope="module", params=WRITERS)
def learnt(
    request: pytest.FixtureRequest, models: Mapping[str, Path], shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, FinetuneReport]:
    """A model, and what a longer training of it came to."""
    out = tmp_path_factory.mktemp("learnt")
    model = models[request.param]
    return model, out, finetune(shop, str(model), out, long_run(request.param))


def test_the_loss_goes_down_and_the_trained_products_are_found(
    learnt: tuple[Path, Path, FinetuneReport], shop: Path
) -> None:
    model, out, report = learnt
    losses = [one.train_loss for one in report.epochs]
    assert len(losses) == 16
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])
    rows = read_prompts(shop).side("train")
    found = []
    with Shelf(1, 0) as shelf:
        for weights in (None, out / "checkpoints" / "last.pt"):
            learner = load_learner(str(model), QUICK, CPU)
            if weights:
                learner.module.load_state_dict(weights_in(weights))
            search = look(learner, rows, shelf, 16).validation.text_to_image
            assert search is not None
            found.append(search)
    assert found[1].recall_at_1 > found[0].recall_at_1 + 0.2
    assert found[1].recall_at_5 > found[0].recall_at_5
    assert found[1].median_rank < found[0].median_rank


def test_what_was_learnt_helps_with_products_that_were_held_out_and_is_promoted(
    learnt: tuple[Path, Path, FinetuneReport],
) -> None:
    model, out, report = learnt
    promotion = report.promotion
    assert report.after.measure > report.before.measure
    assert promotion.promoted, promotion.reason
    assert promotion.gain is not None
    assert promotion.gain.low > 0
    assert promotion.gain.kin == 18
    assert promotion.least_cosine is not None
    assert promotion.least_cosine > 0.9999
    assert load_clip(out / "model", CPU).version != load_clip(model, CPU).version
    assert f"export REELWEAR_EMBEDDER={out / 'model'}" in report.how_to_use


def test_the_report_is_kept_beside_the_model(learnt: tuple[Path, Path, FinetuneReport]) -> None:
    _, out, report = learnt
    assert FinetuneReport.model_validate_json((out / "report.json").read_text()) == report
    assert (report.train_products, report.val_products, report.val_rows) == (18, 18, 36)
    assert report.best_epoch == max(range(1, 17), key=lambda n: (report.epochs[n - 1].validation.measure, -n))
    assert not list(out.glob(".model*"))
    kept = {path.name for path in (out / "checkpoints").iterdir()}
    assert kept == {"last.pt", f"best_{report.best_epoch}.pt"}


def test_a_run_killed_after_an_epoch_goes_on_to_the_same_weights(
    models: Mapping[str, Path], shop: Path, tmp_path: Path
) -> None:
    """Killed in the middle of the second epoch, as a power cut would: the first epoch's checkpoint is all there is."""

    class Killed(BaseException):
        pass

    def kill(step: Step) -> None:
        if (step.epoch, step.done) == (2, 2):
            raise Killed

    learns = options(learns_temperature=True, layers="all", rate=4e-3)
    finetune(shop, str(models["clip"]), tmp_path / "whole", learns)
    with pytest.raises(Killed):
        finetune(shop, str(models["clip"]), tmp_path / "cut", learns, on_step=kill)
    kept = read_whole(tmp_path / "cut" / "checkpoints" / "last.pt")
    assert kept is not None
    assert '"epoch":1' in kept["story"]
    report = finetune(shop, str(models["clip"]), tmp_path / "cut", learns, is_resumed=True)
    assert [one.epoch for one in report.epochs] == [1, 2, 3]
    assert report.best_epoch > 0
    for name in ("last.pt", f"best_{report.best_epoch}.pt"):
        whole, cut = (weights_in(tmp_path / run / "checkpoints" / name) for run in ("whole", "cut"))
        assert whole.keys() == cut.keys()
        assert all(torch.equal(whole[key], cut[key]) for key in whole), name
    untouched = load_learner(str(models["clip"]), learns, CPU).module.state_dict()
    assert any(not torch.equal(whole[key], untouched[key]) for key in whole)


def test_a_finished_run_resumed_trains_no_more(models: Mapping[str, Path], shop: Path, tmp_path: Path) -> None:
    first = finetune(shop, str(models["clip"]), tmp_path, QUICK)
    steps: list[Step] = []
    again = finetune(shop, str(models["clip"]), tmp_path, QUICK, is_resumed=True, on_step=steps.append)
    assert all(step.epoch == 0 for step in steps)
    assert (again.epochs, again.stopped, again.after) == (first.epochs, "done", first.after)


def test_a_run_is_not_begun_over_another(models: Mapping[str, Path], shop: Path, tmp_path: Path) -> None:
    finetune(shop, str(models["clip"]), tmp_path, options(epochs=1))
    with pytest.raises(ReelwearError, match="go on with --resume"):
        finetune(shop, str(models["clip"]), tmp_path, options(epochs=1))
    with pytest.raises(ReelwearError, match=r"rate was 0\.002 and is 0\.1"):
        finetune(shop, str(models["clip"]), tmp_path, options(epochs=1, rate=0.1), is_resumed=True)
    with pytest.raises(ReelwearError, match="model was clip"):
        finetune(shop, str(models["siglip"]), tmp_path, options(epochs=1), is_resumed=True)


def test_it_stops_after_as_many_epochs_without_a_better_one(
    models: Mapping[str, Path], shop: Path, tmp_path: Path
) -> None:
    report = finetune(shop, str(models["clip"]), tmp_path, options(rate=0.0, epochs=20, patience=2))
    assert (len(report.epochs), report.stopped, report.best_epoch) == (2, "patience", 0)


def test_a_model_that_did_not_get_better_is_not_promoted(
    models: Mapping[str, Path], shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("as it was")
    report = finetune(shop, str(models["clip"]), tmp_path, options(rate=0.0, epochs=2))
    assert not report.promotion.promoted
    assert "no epoch was better" in report.promotion.reason
    assert report.after == report.before
    assert (tmp_path / "model" / "mine").read_text() == "as it was"
    assert report.how_to_use == ()


def test_a_gain_on_a_handful_of_products_is_not_promoted(models: Mapping[str, Path], tmp_path: Path) -> None:
    rows = shop_rows(tmp_path, held_out=lambda number: number in (3, 12))
    report = finetune(write_shop(tmp_path, rows), str(models["clip"]), tmp_path / "out", options(epochs=6))
    assert report.after.measure > report.before.measure
    assert not report.promotion.promoted
    assert "2 held-out products, variants as one, are too few" in report.promotion.reason
    assert not (tmp_path / "out" / "model").exists()
    assert any("only 2 held-out products" in note for note in report.notes)


def test_what_is_better_is_not_written_where_nobody_wants_it(
    learnt: tuple[Path, Path, FinetuneReport], shop: Path, tmp_path: Path
) -> None:
    model, out, first = learnt
    shutil.copytree(out / "checkpoints", tmp_path / "checkpoints")
    again = long_run(first.family)
    report = finetune(shop, str(model), tmp_path, again, is_resumed=True, is_promoting=False)
    assert (report.promotion.promoted, "not to be promoted" in report.promotion.reason) == (False, True)
    assert not (tmp_path / "model").exists()


def test_an_interrupt_ends_with_a_report_of_the_whole_epochs(
    models: Mapping[str, Path], shop: Path, tmp_path: Path
) -> None:
    def interrupt(step: Step) -> None:
        if (step.epoch, step.done) == (2, 1):
            raise KeyboardInterrupt

    report = finetune(shop, str(models["clip"]), tmp_path, QUICK, on_step=interrupt)
    assert (report.stopped, len(report.epochs)) == ("interrupted", 1)
    assert finetune(shop, str(models["clip"]), tmp_path, QUICK, is_resumed=True).stopped == "done"


def test_the_minutes_end_it_and_the_next_run_goes_on(models: Mapping[str, Path], shop: Path, tmp_path: Path) -> None:
    report = finetune(shop, str(models["clip"]), tmp_path, options(minutes=0.0))
    assert (report.stopped, report.epochs) == ("minutes", ())
    assert finetune(shop, str(models["clip"]), tmp_path, QUICK, is_resumed=True).stopped == "done"


def test_a_shop_of_one_caption_does_not_drive_its_pictures_apart(models: Mapping[str, Path], tmp_path: Path) -> None:
    """Seed defect: with few different captions the pictures of one were pushed away from each other's caption."""
    rows = [
        type(row)(row.product_id, row.image_path, "dress", "dress", row.split, says=("type",), facts={"type": "dress"})
        for row in shop_rows(tmp_path)
    ]
    report = finetune(
        write_shop(tmp_path, rows), str(models["clip"]), tmp_path / "out", options(epochs=6, picture_share=0.0)
    )
    losses = [one.train_loss for one in report.epochs]
    assert losses[-1] < 0.5 * losses[0]
    assert losses[-1] < 0.05
    assert report.after.text_to_image is not None
    assert report.after.text_to_image.recall_at_1 == 1


def test_rows_whose_pictures_cannot_be_read_are_left_out(models: Mapping[str, Path], tmp_path: Path) -> None:
    rows = shop_rows(tmp_path)
    rows[0].image_path.write_bytes(b"no picture")
    rows[1].image_path.unlink()
    report = finetune(write_shop(tmp_path, rows), str(models["clip"]), tmp_path / "out", options(epochs=1))
    assert report.skipped == {"damaged": 1, "no_file": 1}
    assert report.train_rows == 34


def test_a_table_without_a_held_out_side_is_refused(models: Mapping[str, Path], tmp_path: Path) -> None:
    path = write_shop(tmp_path, shop_rows(tmp_path, held_out=lambda _: False))
    with pytest.raises(ReelwearError, match="0 usable rows of the side val"):
        finetune(path, str(models["clip"]), tmp_path / "out", QUICK)


def test_two_runs_do_not_share_a_folder(models: Mapping[str, Path], shop: Path, tmp_path: Path) -> None:
    with only_run(tmp_path), pytest.raises(ReelwearError) as caught:
        finetune(shop, str(models["clip"]), tmp_path, QUICK)
    assert caught.value.code is ErrorCode.ALREADY_RUNNING


def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(ReelwearError, match=r"last\.pt cannot be read"):
        load_last(tmp_path, {})


def test_a_device_that_is_not_there_is_refused_by_name(models: Mapping[str, Path], shop: Path, tmp_path: Path) -> None:
    with pytest.raises(ReelwearError, match="--device is nonsense"):
        finetune(shop, str(models["clip"]), tmp_path, options(device="nonsense"))
