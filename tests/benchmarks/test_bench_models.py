"""The benchmark of the large models: its figures by crafted numbers, and its random models by our own loaders."""

import io
from dataclasses import replace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from transformers import (  # noqa: E402
    CLIPConfig,
    CLIPModel,
    GroundingDinoConfig,
    GroundingDinoForObjectDetection,
    PreTrainedModel,
    Sam2Config,
    Sam2Model,
)

from serve_app.models.large.crops import crop_sides  # noqa: E402
from tests.benchmarks.models.baselines import BareLoop, SeedsWay, check_count, fps_of  # noqa: E402
from tests.benchmarks.models.keyframes import keyframe_jpegs  # noqa: E402
from tests.benchmarks.models.random_models import BOXES_A_FRAME, Folders, write_models  # noqa: E402
from tests.benchmarks.models.sizes import FULL, REDUCED  # noqa: E402
from tests.benchmarks.models.table import (  # noqa: E402
    Load,
    Machine,
    Measured,
    Row,
    Turn,
    drawn,
    number,
    peak_flops,
    percentile,
    rows_of,
)

H200 = Machine("NVIDIA H200", True, {"torch": "2.13.0"})
CORES = Machine("2 cores", False, {"torch": "2.13.0"})
FAST = Turn((Load(1, 400, 10.0, (0.2, 0.1, 0.3)), Load(8, 2000, 10.0, (0.4,) * 99 + (0.9,))), 220.0, 20.0)
SLOW = Turn((Load(1, 200, 10.0, (0.2,)), Load(8, 1000, 10.0, (0.8,), failed=2)), 200.0, 20.0)


def measured(*turns: Turn, machine: Machine = H200, size: str = "full") -> Measured:
    return Measured(size, machine, FULL.keyframe_flop, turns)


def by_name(of: Measured) -> dict[str, Row]:
    return {row.name: row for row in rows_of(of)}


def test_ratios_are_those_of_each_turn_and_their_median_counts() -> None:
    rows = by_name(measured(FAST, SLOW, FAST))
    assert rows["served through HTTP, at best"].value == 200
    bare = rows["served / bare loop"]
    assert (bare.value, bare.least, bare.most) == pytest.approx((200 / 220, 0.5, 200 / 220))
    assert rows["served / seeds' way"].value == pytest.approx(10)


@pytest.mark.parametrize(
    ("turn", "is_reached"), [pytest.param(FAST, True, id="fast"), pytest.param(SLOW, False, id="slow")]
)
def test_targets_are_reached_or_not(turn: Turn, is_reached: bool) -> None:
    assert [row.is_reached for row in rows_of(measured(turn)) if row.target] == [is_reached] * 4


@pytest.mark.parametrize(
    ("machine", "size"), [pytest.param(CORES, "full", id="no GPU"), pytest.param(H200, "reduced", id="reduced")]
)
def test_speed_is_judged_at_full_size_on_a_gpu_alone(machine: Machine, size: str) -> None:
    rows = rows_of(measured(SLOW, machine=machine, size=size))
    assert [row.is_reached for row in rows if row.target.startswith("≥")] == [None] * 3
    assert [row.is_reached for row in rows if row.target == "0"] == [False]


def test_each_number_of_clients_has_its_rate_and_percentiles() -> None:
    rows = by_name(measured(FAST))
    assert rows["1 client: served"].value == 40
    assert rows["1 client: p50 of a request"].value == pytest.approx(200)
    assert rows["1 client: p99 of a request"].value == pytest.approx(300)
    assert rows["8 clients: p99 of a request"].value == pytest.approx(400)


def test_percentiles_are_values_that_were_measured() -> None:
    assert [percentile(range(1, 101), share) for share in (50, 99)] == [50, 99]
    assert percentile([3.0], 99) == 3.0
    assert str(percentile([], 50)) == "nan"


def test_the_limit_is_the_peak_over_the_work_and_unknown_for_a_processor() -> None:
    assert measured(FAST).limit_fps == pytest.approx(539, abs=1)
    assert by_name(measured(FAST))["served / physical limit of 539/s"].value == pytest.approx(37.1, abs=0.1)
    assert peak_flops("NVIDIA H100 80GB HBM3") == 790e12
    assert measured(FAST, machine=CORES).limit_fps is None
    assert replace(measured(FAST), keyframe_flop=None).limit_fps is None


def test_the_table_tells_machine_runs_and_marks() -> None:
    console = Console(width=160, file=io.StringIO())
    with console.capture() as told:
        console.print(drawn(measured(FAST, SLOW)))
    text = told.get()
    assert "NVIDIA H200" in text
    assert "2 runs" in text
    assert "torch 2.13.0" in text


@pytest.mark.parametrize(("value", "told"), [(539.4, "539"), (0.8512, "0.851"), (8.0, "8"), (12.34, "12.3")])
def test_numbers_have_three_digits(value: float, told: str) -> None:
    assert number(value) == told


@pytest.mark.parametrize(
    ("kind", "config", "millions"),
    [
        pytest.param(GroundingDinoForObjectDetection, GroundingDinoConfig(**FULL.detector), 172.3, id="detector"),
        pytest.param(Sam2Model, Sam2Config(**FULL.segmenter), 73.3, id="segmenter"),
        pytest.param(CLIPModel, CLIPConfig(**FULL.embedder), 151.3, id="embedder"),
    ],
)
def test_full_size_models_have_as_many_weights_as_the_published_ones(
    kind: type[PreTrainedModel], config: Any, millions: float
) -> None:
    with torch.device("meta"):
        model = kind(config)
    assert sum(weights.numel() for weights in model.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loaders take what the settings say."""
    monkeypatch.setenv("REELWEAR_MODEL_THREADS", "1")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    torch.set_num_threads(1)
    return write_models(REDUCED, tmp_path_factory.mktemp("models"))


def test_random_models_answer_every_frame_with_four_boxes_of_different_crops(folders: Folders) -> None:
    jpegs = keyframe_jpegs(4, REDUCED.frame_wh)
    bare = BareLoop.load(folders, "cpu", jpegs, 2)
    assert [len(batch) for batch in bare.batches] == [2, 2]
    assert bare.look(0) == 2
    frames = [frame for batch in bare.batches for frame in batch]
    found = bare.parts.detector.detect(frames)
    assert [len(own) for own in found] == [BOXES_A_FRAME] * 4
    width, height = REDUCED.frame_wh
    lefts_tops = [(x, y) for y in (0.0, height / 2) for x in (0.0, width / 2)]
    quarters = [(x, y, x + width / 2, y + height / 2) for x, y in lefts_tops]
    for own in found:
        boxes = sorted((one.box_xyxy for one in own), key=lambda box: (box[1], box[0]))
        assert boxes == [pytest.approx(quarter, abs=0.1) for quarter in quarters]
    masks = bare.parts.segmenter.cut_out(frames, [[one.box_xyxy for one in own] for own in found])
    shares = torch.cat(masks).float().mean((1, 2))
    assert bool(((shares > 0.05) & (shares < 0.5)).all())
    sides = crop_sides(torch.cat(masks))
    assert len({tuple(row) for row in (sides[:, 2:] - sides[:, :2]).tolist()}) > len(frames) * 2


def test_the_way_of_the_seeds_does_the_same_work(folders: Folders) -> None:
    jpegs = keyframe_jpegs(2, REDUCED.frame_wh)
    seeds = SeedsWay.load(folders, torch.device("cpu"), jpegs)
    assert [seeds.look(call) for call in range(3)] == [1, 1, 1]
    bare = BareLoop.load(folders, "cpu", jpegs, 1)
    (frame,) = bare.batches[0]
    (found,) = bare.parts.detector.detect([frame])
    picture = Image.open(io.BytesIO(jpegs[0]))
    with torch.inference_mode():
        boxes = seeds.detect(picture)
        masks = torch.from_numpy(seeds.cut_out(picture, boxes))
    width, height = picture.size
    shown = boxes.clamp(min=0).minimum(torch.tensor([width, height, width, height])).tolist()
    assert sorted(shown) == [pytest.approx(box, abs=0.1) for box in sorted(one.box_xyxy for one in found)]
    (ours,) = bare.parts.segmenter.cut_out([frame], [[(x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist()]])
    assert float((ours & masks).sum() / (ours | masks).sum()) > 0.99


def test_frames_without_their_boxes_are_no_measurement() -> None:
    with pytest.raises(RuntimeError, match=r"\[4, 3\] boxes, not 4"):
        check_count([4, 3])


def test_a_rate_counts_keyframes_until_the_call_that_ends_after_its_time() -> None:
    times_s, calls = iter([10.0, 11.0, 12.5, 14.5]), list[int]()

    def look(call: int) -> int:
        calls.append(call)
        return 6

    assert fps_of(look, 4.0, lambda: next(times_s)) == 3 * 6 / 4.5
    assert calls == [0, 1, 2]
