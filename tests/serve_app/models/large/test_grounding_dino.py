"""A tiny Grounding DINO says what plain transformers says on the same weights, but names each box by one phrase."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402
from transformers import (  # noqa: E402
    AutoTokenizer,
    GroundingDinoForObjectDetection,
    GroundingDinoProcessor,
)
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (  # noqa: E402
    GroundingDinoImageProcessorPil,
)

from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.grounding_dino import (  # noqa: E402
    GroundingDino,
    GroundingDinoRules,
    iou,
    load_grounding_dino,
    rows_of,
    without_doubles,
)
from serve_app.models.large.parts import Found  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import (  # noqa: E402
    SHORTEST_PX,
    TOKENS,
    clipped,
    picture,
    write_grounding_dino,
)

CPU = torch.device("cpu")
PROMPT = ("shirt", "topwear", "bottomwear", "t-shirt", "bag", "handbag")
# Portrait and landscape, scaled down and up, and one of the model's own height.
SIZES = ((192, 108), (108, 192), (64, 100), (SHORTEST_PX, 128), (192, 108))
FRAMES = [picture(*size, seed) for seed, size in enumerate(SIZES)]
IDS = [f"{height}x{width}" for height, width in SIZES]
Plain = tuple[GroundingDinoForObjectDetection, GroundingDinoProcessor]
EVERYTHING = GroundingDinoRules(PROMPT, box_threshold=0, text_threshold=0, max_iou=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_grounding_dino(tmp_path_factory.mktemp("grounding_dino"))


@pytest.fixture(scope="module")
def detector(folder: Path) -> GroundingDino:
    return load_grounding_dino(folder, CPU, torch.float32, EVERYTHING)


@pytest.fixture(scope="module")
def plain(folder: Path) -> Plain:
    images, tokenizer = GroundingDinoImageProcessorPil.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    processor = GroundingDinoProcessor(images, tokenizer)  # type: ignore[no-untyped-call]
    return GroundingDinoForObjectDetection.from_pretrained(folder), processor


def with_rules(detector: GroundingDino, rules: GroundingDinoRules) -> GroundingDino:
    return GroundingDino(detector.model, detector.tokenizer, detector.scaling, detector.dtype, rules)


def by_transformers(plain: Plain, frame: Tensor, threshold: float) -> list[tuple[float, str, list[float]]]:
    """Score, likeliest phrase and box of what transformers finds with its own processor, the surest first."""
    model, processor = plain
    inputs = processor(images=frame, text=[list(PROMPT)], return_tensors="pt")
    with torch.inference_mode():
        answer = model(**inputs)
    (found,) = processor.post_process_grounded_object_detection(
        answer, threshold=threshold, text_threshold=0.3, target_sizes=[tuple(frame.shape[-2:])]
    )
    # The phrases lie between the periods.
    ids, ends, labels = inputs["input_ids"][0].tolist(), [0], []
    ends += [at for at, token in enumerate(ids) if token == TOKENS["."]]
    chances = answer.logits[0].sigmoid()
    for row in chances[chances.amax(-1) > threshold]:
        fits = [float(row[start + 1 : end].max()) for start, end in pairwise(ends)]
        labels.append(PROMPT[fits.index(max(fits))])
    boxes = clipped(found["boxes"], frame).tolist()
    return sorted(zip(found["scores"].tolist(), labels, boxes, strict=True), reverse=True)


@pytest.mark.parametrize("frame", FRAMES, ids=IDS)
def test_inputs_are_those_of_the_processor(folder: Path, detector: GroundingDino, frame: Tensor) -> None:
    wanted = GroundingDinoImageProcessorPil.from_pretrained(folder)(frame, return_tensors="pt")
    (got,) = detector.prepare([frame])
    assert got.dtype == torch.float32
    assert bool(wanted["pixel_mask"].all())
    torch.testing.assert_close(got, wanted["pixel_values"][0], atol=1e-3, rtol=0)


@pytest.mark.parametrize("threshold", [0, 0.5])
@pytest.mark.parametrize("frame", FRAMES, ids=IDS)
def test_boxes_are_those_of_transformers(
    plain: Plain, detector: GroundingDino, frame: Tensor, threshold: float
) -> None:
    rules = GroundingDinoRules(PROMPT, box_threshold=threshold, text_threshold=0, max_iou=1)
    (found,) = with_rules(detector, rules).detect([frame])
    wanted = by_transformers(plain, frame, threshold)
    assert 0 < len(found) == len(wanted) <= 20
    assert [one.label for one in found] == [label for _, label, _ in wanted]
    got = torch.tensor([[one.score, *one.box_xyxy] for one in found])
    torch.testing.assert_close(got, torch.tensor([[score, *box] for score, _, box in wanted]), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("max_batch_pixels", [1, 2 * 96 * 160, GroundingDinoRules().max_batch_pixels])
def test_frames_together_have_the_finds_they_have_alone(detector: GroundingDino, max_batch_pixels: int) -> None:
    batched = with_rules(detector, replace(EVERYTHING, max_batch_pixels=max_batch_pixels))
    for together, frame in zip(batched.detect(FRAMES), FRAMES, strict=True):
        (alone,) = detector.detect([frame])
        assert [one.label for one in together] == [one.label for one in alone]
        for one, other in zip(together, alone, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-5)
            assert one.box_xyxy == pytest.approx(other.box_xyxy, abs=1e-3)


def test_frames_of_one_model_size_share_a_pass(detector: GroundingDino) -> None:
    shapes = [tuple(one.shape) for one in detector.prepare([picture(192, 108), picture(384, 216), picture(108, 192)])]
    assert shapes == [(3, 160, 90), (3, 160, 90), (3, 90, 160)]


def test_every_label_is_a_phrase_and_not_all_are_the_same(detector: GroundingDino) -> None:
    labels = {one.label for found in detector.detect(FRAMES) for one in found}
    assert len(labels) > 1
    assert labels <= set(PROMPT)


def test_a_prompt_of_the_call_stands_for_that_of_the_settings(detector: GroundingDino) -> None:
    asked = detector.detect(FRAMES, ["Jacket. SKIRT."])
    assert {one.label for found in asked for one in found} <= {"jacket", "skirt"}
    assert {one.label for one in detector.detect(FRAMES[:1])[0]} <= set(PROMPT)


def test_a_prompt_is_read_once(detector: GroundingDino) -> None:
    fresh = with_rules(detector, EVERYTHING)
    for prompt in (None, ["jacket"], ["Jacket "], None):
        fresh.detect(FRAMES[:1], prompt)
    assert fresh.read_once.cache_info().misses == 2


@pytest.mark.parametrize("n_frames", [0, 1])
@pytest.mark.parametrize("prompt", [[], [" ", "."]])
def test_an_empty_prompt_is_refused(detector: GroundingDino, prompt: list[str], n_frames: int) -> None:
    with pytest.raises(ModelServerError, match="has no phrase in it") as refusal:
        detector.detect(FRAMES[:n_frames], prompt)
    assert refusal.value.code == "bad_request"


def test_a_prompt_too_long_for_the_model_is_refused_with_the_limit(detector: GroundingDino) -> None:
    with pytest.raises(ModelServerError, match="is 258 tokens long, over the model's limit of 256; ask for") as refusal:
        detector.detect(FRAMES, [f"bag {'shirt ' * 254}"])
    assert refusal.value.code == "bad_request"
    assert len(detector.detect(FRAMES[:1], ["shirt " * 253])[0]) == 20


@pytest.mark.parametrize("phrases", [(), ("shirt " * 300,)])
def test_phrases_of_the_settings_that_cannot_be_asked_fail_at_the_start(folder: Path, phrases: tuple[str, ...]) -> None:
    with pytest.raises(ModelServerError, match="the prompt") as refusal:
        load_grounding_dino(folder, CPU, torch.float32, GroundingDinoRules(phrases))
    assert refusal.value.code == "bad_setting"


@pytest.mark.parametrize(
    ("rules", "scores"),
    [
        pytest.param(GroundingDinoRules(PROMPT), [0.9, 0.7, 0.5], id="the seeds' thresholds"),
        pytest.param(GroundingDinoRules(PROMPT, text_threshold=0), [0.9, 0.7, 0.6, 0.5], id="whatever fits best"),
        pytest.param(GroundingDinoRules(PROMPT, text_threshold=0.5), [0.9, 0.7], id="surer phrases"),
        pytest.param(GroundingDinoRules(PROMPT, box_threshold=0.7), [0.9], id="surer boxes"),
        pytest.param(GroundingDinoRules(PROMPT, box_threshold=0.2), [0.9, 0.7, 0.5, 0.35], id="less sure boxes"),
        pytest.param(GroundingDinoRules(PROMPT, max_iou=1), [0.9, 0.8, 0.7, 0.5], id="doubles too"),
    ],
)
def test_boxes_are_kept_by_the_chances_of_box_and_phrase_and_once(
    detector: GroundingDino, rules: GroundingDinoRules, scores: list[float]
) -> None:
    # Centre, size, score, phrase, the phrase's chance; the second is the first again.
    rows = [
        [0.50, 0.50, 0.4, 0.4, 0.7, 1, 0.6],
        [0.51, 0.50, 0.4, 0.4, 0.8, 0, 0.8],
        [0.50, 0.50, 0.4, 0.4, 0.9, 0, 0.9],
        [0.20, 0.20, 0.4, 0.4, 0.6, 2, 0.2],
        [0.80, 0.80, 0.4, 0.4, 0.5, 2, 0.4],
        [0.80, 0.20, 0.4, 0.4, 0.35, 2, 0.35],
    ]
    asked = detector.read_once(PROMPT)
    (found,) = with_rules(detector, rules).finish([torch.tensor(rows)], [picture(50, 200)], asked)
    assert [one.score for one in found] == pytest.approx(scores)
    assert found[0].label == "shirt"
    assert found[0].box_xyxy == pytest.approx((60, 15, 140, 35))


def test_the_score_of_a_box_is_its_best_tokens_also_where_that_is_of_no_phrase(detector: GroundingDino) -> None:
    asked = detector.read_once(("shirt", "bag"))
    # [CLS] shirt . bag . [SEP], and what the model fills up with.
    chances = torch.tensor([[0.1, 0.2, 0.9, 0.3, 0.1, 0.1, 0.0, 0.0]])
    (row,) = rows_of(chances.logit(), torch.tensor([[0.5, 0.5, 0.1, 0.1]]), asked).tolist()
    assert row == pytest.approx([0.5, 0.5, 0.1, 0.1, 0.9, 1, 0.3])


def test_by_default_boxes_and_phrases_are_as_sure_as_the_seeds_ask() -> None:
    rules = GroundingDinoRules()
    assert (rules.box_threshold, rules.text_threshold, rules.max_iou) == (0.4, 0.3, 0.7)


def test_no_frames_have_no_finds(detector: GroundingDino) -> None:
    assert detector.detect([]) == []


@pytest.mark.parametrize("size", [(40, 1600), (1600, 12), (1, 50), (1, 1)])
def test_a_frame_of_any_shape_is_answered_inside_it(detector: GroundingDino, size: tuple[int, int]) -> None:
    height, width = size
    (found,) = detector.detect([picture(*size)])
    for x0, y0, x1, y1 in (one.box_xyxy for one in found):
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_bfloat16_keeps_the_places_of_boxes_exact(folder: Path, detector: GroundingDino) -> None:
    short = load_grounding_dino(folder, CPU, torch.bfloat16, EVERYTHING)
    inputs = torch.stack(detector.prepare(FRAMES[:1]))
    rows, asked = short.infer(inputs, short.read_once(PROMPT))[0], detector.read_once(PROMPT)
    assert rows.dtype == torch.float32
    assert (rows[:, :4] != rows[:, :4].bfloat16()).float().mean() > 0.9
    assert not torch.equal(rows, detector.infer(inputs, asked)[0])
    assert [one.score for one in short.detect(FRAMES[:1])[0]] == pytest.approx(
        [one.score for one in detector.detect(FRAMES[:1])[0]], abs=0.1
    )


def test_of_boxes_of_one_garment_and_phrase_the_surest_stays() -> None:
    shirt = Found((0, 0, 10, 10), "shirt", 0.9)
    again, elsewhere = Found((0, 0, 10, 8), "shirt", 0.8), Found((5, 0, 15, 10), "shirt", 0.7)
    jacket = Found((0, 0, 10, 10), "jacket", 0.6)
    found = [shirt, again, elsewhere, jacket]
    assert iou(shirt.box_xyxy, again.box_xyxy) == pytest.approx(0.8)
    assert iou(shirt.box_xyxy, elsewhere.box_xyxy) == pytest.approx(1 / 3)
    assert iou(shirt.box_xyxy, (20, 20, 30, 30)) == 0
    assert without_doubles(found, 0.7) == [shirt, elsewhere, jacket]
    assert without_doubles(found, 0.3) == [shirt, jacket]
    assert without_doubles(found, 1) == found


def test_weights_that_are_no_safetensors_are_refused_by_name(tmp_path: Path) -> None:
    write_grounding_dino(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelServerError, match=r"holds no \*\.safetensors") as refusal:
        load_grounding_dino(tmp_path, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"


def test_a_folder_without_a_tokenizer_is_refused_by_name(tmp_path: Path) -> None:
    write_grounding_dino(tmp_path)
    for file in tmp_path.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelServerError, match=r"tokenizer\.json cannot be read") as refusal:
        load_grounding_dino(tmp_path, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"
