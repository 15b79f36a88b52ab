"""A tiny OWLv2 says what plain transformers says on the same weights."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")
pytest.importorskip("scipy", reason="OWLv2's processor needs scipy: pip install 'reelwear[demo]'")

from torch import Tensor  # noqa: E402
from transformers import Owlv2ForObjectDetection, Owlv2Processor  # noqa: E402
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil  # noqa: E402

from serve_app.config import ServeSettings  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.owlv2 import Owlv2, Owlv2Rules, load_owlv2, read_tokenizer  # noqa: E402
from serve_app.models.large.phrases import DEFAULT_PHRASES  # noqa: E402
from serve_app.models.large.wiring import owlv2_rules  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import (  # noqa: E402
    PHRASE_TOKENS,
    SIDE_PX,
    clipped,
    owlv2_tokenizer,
    picture,
    write_owlv2,
)

CPU = torch.device("cpu")
PROMPT = ("shirt", "blue jeans", "bag", "t-shirt", "hat")
# Portrait and landscape, scaled down and up, and one of the model's own size.
SIZES = ((192, 108), (108, 192), (40, 50), (SIDE_PX, SIDE_PX), (192, 108))
FRAMES = [picture(*size, seed) for seed, size in enumerate(SIZES)]
IDS = [f"{height}x{width}" for height, width in SIZES]
EVERYTHING = Owlv2Rules(PROMPT, threshold=0)
Plain = tuple[Owlv2ForObjectDetection, Owlv2Processor]
Finds = list[tuple[float, str, list[float]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_owlv2(tmp_path_factory.mktemp("owlv2"))


@pytest.fixture(scope="module")
def detector(folder: Path) -> Owlv2:
    return load_owlv2(folder, CPU, torch.float32, EVERYTHING)


@pytest.fixture(scope="module")
def plain(folder: Path) -> Plain:
    images = Owlv2ImageProcessorPil.from_pretrained(folder)
    processor = Owlv2Processor(images, owlv2_tokenizer())  # type: ignore[no-untyped-call]
    return Owlv2ForObjectDetection.from_pretrained(folder), processor


def with_rules(detector: Owlv2, rules: Owlv2Rules) -> Owlv2:
    return Owlv2(detector.model, detector.tokenizer, detector.square, detector.dtype, rules)


def by_transformers(plain: Plain, frame: Tensor, threshold: float, prompt: tuple[str, ...] = PROMPT) -> Finds:
    """Score, phrase and box inside the frame of what transformers finds with its own processor, the surest first."""
    model, processor = plain
    inputs = processor(images=frame, text=[list(prompt)], return_tensors="pt", padding="max_length")
    with torch.inference_mode():
        answer = model(**inputs)
    (found,) = processor.post_process_grounded_object_detection(
        answer, threshold=threshold, target_sizes=[tuple(frame.shape[-2:])], text_labels=[list(prompt)]
    )
    boxes = clipped(found["boxes"], frame)
    is_seen = (boxes[:, 2:] - boxes[:, :2] >= 1).all(-1).tolist()
    rows = zip(found["scores"].tolist(), found["text_labels"], boxes.tolist(), is_seen, strict=True)
    return sorted((row[:3] for row in rows if row[3]), reverse=True)


@pytest.mark.parametrize("threshold", [0, 0.5])
@pytest.mark.parametrize("frame", FRAMES, ids=IDS)
def test_finds_are_those_of_transformers(plain: Plain, detector: Owlv2, frame: Tensor, threshold: float) -> None:
    (found,) = with_rules(detector, replace(EVERYTHING, threshold=threshold)).detect([frame])
    wanted = by_transformers(plain, frame, threshold)
    assert 0 < len(found) == len(wanted) <= 16
    assert [one.label for one in found] == [label for _, label, _ in wanted]
    got = torch.tensor([[one.score, *one.box_xyxy] for one in found])
    torch.testing.assert_close(got, torch.tensor([[score, *box] for score, _, box in wanted]), atol=1e-3, rtol=1e-4)


def test_the_threshold_leaves_some_out_and_phrases_differ(plain: Plain, detector: Owlv2) -> None:
    everything = detector.detect(FRAMES)
    assert len({one.label for found in everything for one in found}) > 1
    assert 0 < len(by_transformers(plain, FRAMES[3], 0.5)) < len(everything[3])


@pytest.mark.parametrize("max_batch_pixels", [1, 2 * SIDE_PX**2, Owlv2Rules().max_batch_pixels])
def test_frames_together_have_the_finds_they_have_alone(detector: Owlv2, max_batch_pixels: int) -> None:
    batched = with_rules(detector, replace(EVERYTHING, max_batch_pixels=max_batch_pixels))
    for together, frame in zip(batched.detect(FRAMES), FRAMES, strict=True):
        (alone,) = detector.detect([frame])
        assert [one.label for one in together] == [one.label for one in alone]
        for one, other in zip(together, alone, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-5)
            assert one.box_xyxy == pytest.approx(other.box_xyxy, abs=1e-3)


def test_a_prompt_of_the_call_stands_for_that_of_the_settings(plain: Plain, detector: Owlv2) -> None:
    (asked,) = detector.detect(FRAMES[:1], ["Coat. RED  sock", "coat"])
    wanted = by_transformers(plain, FRAMES[0], 0, ("coat", "red sock"))
    assert [one.label for one in asked] == [label for _, label, _ in wanted]
    assert [one.score for one in asked] == pytest.approx([score for score, _, _ in wanted], abs=1e-4)
    assert {one.label for one in detector.detect(FRAMES[:1])[0]} <= set(PROMPT)


def test_a_phrase_is_read_once_whatever_the_prompt(detector: Owlv2) -> None:
    fresh = with_rules(detector, EVERYTHING)
    for prompt in (None, ["bag", "coat"], ["Coat ", "hat"], None):
        fresh.detect(FRAMES[:1], prompt)
    assert fresh.read_once.cache_info().misses == len(PROMPT) + 1


@pytest.mark.parametrize("n_frames", [0, 1])
@pytest.mark.parametrize("prompt", [[], [" ", "."]])
def test_an_empty_prompt_is_refused(detector: Owlv2, prompt: list[str], n_frames: int) -> None:
    with pytest.raises(ModelServerError, match="has no phrase in it") as refusal:
        detector.detect(FRAMES[:n_frames], prompt)
    assert refusal.value.code == "bad_request"


def test_a_phrase_too_long_for_the_model_is_refused_with_the_limit(detector: Owlv2) -> None:
    longest = "b" * (PHRASE_TOKENS - 2)
    assert detector.detect(FRAMES[:1], [longest])[0]
    with pytest.raises(ModelServerError, match=r"is 17 tokens long, over the model's limit of 16; name") as refusal:
        detector.detect(FRAMES[:1], ["bag", f"{longest}b"])
    assert refusal.value.code == "bad_request"


@pytest.mark.parametrize("phrases", [(), ("shirt " * 30,)])
def test_phrases_of_the_settings_that_cannot_be_asked_fail_at_the_start(folder: Path, phrases: tuple[str, ...]) -> None:
    with pytest.raises(ModelServerError, match="the p") as refusal:
        load_owlv2(folder, CPU, torch.float32, Owlv2Rules(phrases))
    assert refusal.value.code == "bad_setting"


def test_the_threshold_of_the_settings_counts_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert owlv2_rules(ServeSettings.load()) == Owlv2Rules() == Owlv2Rules(DEFAULT_PHRASES, 0.1)
    monkeypatch.setenv("REELWEAR_DETECTION_THRESHOLD", "0.5")
    monkeypatch.setenv("REELWEAR_GARMENT_PROMPT", "dress, straw hat")
    assert owlv2_rules(ServeSettings.load()) == Owlv2Rules(("dress", "straw hat"), 0.5)


def test_a_box_beside_the_frame_is_left_out_and_one_across_its_edge_is_cut(detector: Owlv2) -> None:
    # Centre and size in shares of a square of 200 pixels, of which the frame fills the upper quarter.
    rows = torch.tensor([[0.5, 0.1, 0.2, 0.1, 0.9, 0], [0.5, 0.25, 0.2, 0.2, 0.8, 1], [0.5, 0.6, 0.2, 0.2, 0.7, 2]])
    (found,) = with_rules(detector, Owlv2Rules()).finish([rows], [picture(50, 200)], PROMPT)
    assert [one.label for one in found] == ["shirt", "blue jeans"]
    assert found[0].box_xyxy == pytest.approx((80, 10, 120, 30))
    assert found[1].box_xyxy == pytest.approx((80, 30, 120, 50))


def test_no_frames_have_no_finds(detector: Owlv2) -> None:
    assert detector.detect([]) == []


@pytest.mark.parametrize("size", [(40, 1600), (1600, 12), (1, 50), (1, 1)])
def test_a_frame_of_any_shape_is_answered_inside_it(detector: Owlv2, size: tuple[int, int]) -> None:
    height, width = size
    (found,) = detector.detect([picture(*size)])
    for x0, y0, x1, y1 in (one.box_xyxy for one in found):
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_bfloat16_keeps_the_places_of_boxes_exact(folder: Path, detector: Owlv2) -> None:
    short = load_owlv2(folder, CPU, torch.bfloat16, EVERYTHING)
    inputs = torch.stack(detector.prepare(FRAMES[:1]))
    asked = torch.stack([detector.read_once(phrase) for phrase in PROMPT])
    (got,), (wanted,) = short.infer(inputs, asked), detector.infer(inputs, asked)
    assert short.model.owlv2.vision_model.embeddings.class_embedding.dtype == torch.bfloat16
    assert torch.equal(short.read_once("bag"), detector.read_once("bag"))
    assert got.dtype == torch.float32
    assert (got[:, :4] != got[:, :4].bfloat16()).float().mean() > 0.9
    torch.testing.assert_close(got[:, :5], wanted[:, :5], atol=0.05, rtol=0)


def test_a_tokenizer_in_the_older_form_of_the_hub_reads_the_same(folder: Path, tmp_path: Path) -> None:
    told = json.loads((folder / "tokenizer.json").read_text())
    (tmp_path / "vocab.json").write_text(json.dumps(told["model"]["vocab"]))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    named = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    config = {"tokenizer_class": "CLIPTokenizer", "pad_token": "!", "model_max_length": PHRASE_TOKENS} | named
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    older, newer = read_tokenizer(tmp_path), read_tokenizer(folder)
    for phrase in PROMPT:
        assert older(phrase)["input_ids"] == newer(phrase)["input_ids"]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        pytest.param("config.json", '{"model_type": "owlvit"}', "of type 'owlvit', not OWLv2", id="another family"),
        pytest.param("model.safetensors", "half a file", "cannot be read", id="damaged weights"),
        pytest.param("model.safetensors", None, r"holds no \*\.safetensors", id="no weights"),
        pytest.param("tokenizer.json", None, "has neither tokenizer.json nor vocab.json and merges.txt", id="no words"),
        pytest.param("tokenizer.json", "half a file", "has a tokenizer that cannot be read", id="damaged tokenizer"),
        pytest.param("preprocessor_config.json", '{"do_pad": false}', "asks for do_pad false", id="no black"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, file: str, content: str | None, words: str
) -> None:
    write_owlv2(tmp_path)
    (tmp_path / file).unlink() if content is None else (tmp_path / file).write_text(content)
    with pytest.raises(ModelServerError, match=f"{words}.*; fetch the model's files again") as refusal:
        load_owlv2(tmp_path, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"
