"""People are cut out as transformers does with the same weights, and never share a pixel.

transformers' processor for Mask2Former falls back to Pillow and is held against ours; the one for RF-DETR needs
torchvision, so what it does before and after the network is repeated here with OpenCV and torch.
"""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402
from torch.nn.functional import interpolate  # noqa: E402
from transformers import (  # noqa: E402
    Mask2FormerForUniversalSegmentation,
    RfDetrForInstanceSegmentation,
)
from transformers.models.mask2former.image_processing_pil_mask2former import Mask2FormerImageProcessorPil  # noqa: E402

from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.people import PeopleRules, load_people, on_white, part_people  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import (  # noqa: E402
    PICTURE_SETTINGS,
    iou,
    soft_frame,
    write_mask2former,
    write_rf_detr,
    write_sam2,
)

CPU = torch.device("cpu")
PERSON = 1
FRAMES = [soft_frame((90, 60), 1), soft_frame((70, 150), 2), soft_frame((90, 60), 3), soft_frame((130, 130), 4)]
# Random networks see the same person in most of their guesses; keep also those of whom little is left.
RULES = PeopleRules(min_left_share=0.05)
SQUARE = {"height": 96, "width": 96}
EDGES = {"shortest_edge": 70, "longest_edge": 120}


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_mask2former(tmp_path_factory.mktemp("square"), SQUARE)


@pytest.fixture(scope="module")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_mask2former(tmp_path_factory.mktemp("edges"), EDGES)


@pytest.fixture(scope="module")
def rf_detr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_rf_detr(tmp_path_factory.mktemp("rf_detr"))


@pytest.fixture(params=["square", "edges"])
def mask2former(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture(params=["square", "edges", "rf_detr"])
def folder(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


@torch.inference_mode()  # type: ignore[untyped-decorator] # torch is imported or skipped
def plain_mask2former(folder: Path, frame: Tensor) -> tuple[Tensor, Tensor]:
    """The scores and masks (P×h×w logits) of the people in a frame by transformers' network and processor."""
    processor = Mask2FormerImageProcessorPil.from_pretrained(folder)
    output = Mask2FormerForUniversalSegmentation.from_pretrained(folder)(
        pixel_values=processor(frame, return_tensors="pt")["pixel_values"]
    )
    # Each guess as a frame of its own, as the processor does not say which of a frame's it kept.
    guesses = SimpleNamespace(
        class_queries_logits=output.class_queries_logits[0][:, None],
        masks_queries_logits=output.masks_queries_logits[0][:, None],
    )
    seen = processor.post_process_instance_segmentation(guesses, threshold=RULES.min_score)
    people = [[one["score"] for one in guess["segments_info"] if one["label_id"] == PERSON] for guess in seen]
    scores = torch.tensor([max(found, default=0.0) for found in people])
    return scores[scores > 0], output.masks_queries_logits[0, scores > 0]


@torch.inference_mode()  # type: ignore[untyped-decorator] # torch is imported or skipped
def plain_rf_detr(folder: Path, frame: Tensor) -> tuple[Tensor, Tensor]:
    """The same by transformers' RF-DETR."""
    output = RfDetrForInstanceSegmentation.from_pretrained(folder)(pixel_values=opencv_input(frame))
    scores = output.logits[0, :, PERSON].sigmoid()
    return scores[scores >= RULES.min_score], output.pred_masks[0, scores >= RULES.min_score]


def opencv_input(frame: Tensor) -> Tensor:
    """A frame scaled without antialiasing, and normalised (1×3×96×96)."""
    picture = cv2.resize(frame.permute(1, 2, 0).numpy().astype(np.float32) / 255, (96, 96))
    mean, std = (np.array(PICTURE_SETTINGS[name], np.float32) for name in ("image_mean", "image_std"))
    scaled: Tensor = torch.from_numpy(((picture - mean) / std).transpose(2, 0, 1))[None]
    return scaled


def people_of(scores: Tensor, logits: Tensor, size_hw: tuple[int, ...], rules: PeopleRules) -> list[Tensor]:
    """What is made of them, one person after another."""
    masks = interpolate(logits[None], size_hw, mode="bilinear", align_corners=False)[0] > 0
    is_taken = torch.zeros(size_hw, dtype=torch.bool)
    people = []
    for person in scores.argsort(descending=True).tolist():
        left = masks[person] & ~is_taken
        is_taken |= masks[person]
        if left.sum() >= rules.min_left_share * masks[person].sum():
            people.append(left)
    return sorted(people, key=lambda mask: -int(mask.sum()))


def assert_same(people: Tensor, wanted: list[Tensor], least_iou: float = 0.999) -> None:
    assert people.dtype == torch.bool and len(people) == len(wanted)
    assert all(iou(one, other) > least_iou for one, other in zip(people, wanted, strict=True))


def test_frames_are_prepared_as_by_transformers(mask2former: Path) -> None:
    finder = load_people(mask2former, CPU, torch.float32)
    processor = Mask2FormerImageProcessorPil.from_pretrained(mask2former)
    for frame in FRAMES:
        wanted = processor(frame, return_tensors="pt")["pixel_values"]
        prepared = finder.normalise(finder.resize(frame[None]))
        assert prepared.shape == wanted.shape
        assert torch.allclose(prepared, wanted, atol=1e-3)


def test_frames_for_rf_detr_are_scaled_without_antialiasing(rf_detr: Path) -> None:
    finder = load_people(rf_detr, CPU, torch.float32)
    for frame in FRAMES:
        assert torch.allclose(finder.normalise(finder.resize(frame[None])), opencv_input(frame), atol=1e-3)


def test_people_are_those_of_transformers_mask2former(mask2former: Path) -> None:
    finder = load_people(mask2former, CPU, torch.float32, RULES)
    batch = finder.find_people(FRAMES)
    assert sum(map(len, batch)) > len(FRAMES)
    for frame, people in zip(FRAMES, batch, strict=True):
        scores, logits = plain_mask2former(mask2former, frame)
        assert_same(people, people_of(scores, logits, tuple(frame.shape[-2:]), RULES))


def test_scores_are_those_of_transformers_processor(mask2former: Path) -> None:
    finder = load_people(mask2former, CPU, torch.float32)
    scores, _ = finder.segment(finder.resize(FRAMES[1][None]))[0]
    wanted, _ = plain_mask2former(mask2former, FRAMES[1])
    assert len(wanted)
    assert torch.allclose(scores[scores >= RULES.min_score], wanted, atol=1e-3)


def test_masks_have_no_steps_but_agree_with_those_of_transformers_processor(tmp_path: Path) -> None:
    frame = soft_frame((384, 384), 6)
    folder = write_mask2former(tmp_path, {"height": 384, "width": 384})
    processor = Mask2FormerImageProcessorPil.from_pretrained(folder)
    with torch.inference_mode():
        output = Mask2FormerForUniversalSegmentation.from_pretrained(folder)(
            pixel_values=processor(frame, return_tensors="pt")["pixel_values"]
        )
    (seen,) = processor.post_process_instance_segmentation(output, return_binary_maps=True, target_sizes=[(384, 384)])
    surest = max(
        (one for one in seen["segments_info"] if one["label_id"] == PERSON), key=lambda segment: float(segment["score"])
    )
    people = load_people(folder, CPU, torch.float32, RULES).find_people([frame])[0]
    assert max(iou(person, seen["segmentation"][surest["id"]] > 0) for person in people) > 0.999


def test_people_are_those_of_transformers_rf_detr(rf_detr: Path) -> None:
    finder = load_people(rf_detr, CPU, torch.float32, RULES)
    batch = finder.find_people(FRAMES)
    assert sum(map(len, batch)) > len(FRAMES)
    for frame, people in zip(FRAMES, batch, strict=True):
        scores, logits = plain_rf_detr(rf_detr, frame)
        assert_same(people, people_of(scores, logits, tuple(frame.shape[-2:]), RULES))


def test_frames_alone_and_in_a_mixed_batch_have_the_same_people(folder: Path) -> None:
    finder = load_people(folder, CPU, torch.float32, RULES)
    for frame, people in zip(FRAMES, finder.find_people(FRAMES), strict=True):
        assert people.shape[1:] == frame.shape[1:]
        assert_same(people, list(finder.find_people([frame])[0]))
    assert finder.find_people([]) == []


def test_people_share_no_pixel_and_the_largest_is_the_first(folder: Path) -> None:
    for people in load_people(folder, CPU, torch.float32, RULES).find_people(FRAMES):
        sizes = people.sum((1, 2)).tolist()
        assert sizes == sorted(sizes, reverse=True)
        assert int(people.sum(0).max()) <= 1


def test_a_frame_has_at_most_so_many_people(rf_detr: Path) -> None:
    few = load_people(rf_detr, CPU, torch.float32, PeopleRules(min_left_share=0.0, max_people=2))
    assert [len(people) for people in few.find_people(FRAMES)] == [2] * len(FRAMES)


def test_nobody_is_found_where_nobody_is_sure_enough(folder: Path) -> None:
    strict = load_people(folder, CPU, torch.float32, PeopleRules(min_score=1.0))
    assert [tuple(people.shape) for people in strict.find_people(FRAMES[:2])] == [(0, 90, 60), (0, 70, 150)]


def test_half_precision_finds_people(folder: Path) -> None:
    half, full = (load_people(folder, CPU, dtype, RULES) for dtype in (torch.bfloat16, torch.float32))
    scaled = full.resize(FRAMES[1][None])
    (scores, logits), (wanted, _) = half.segment(scaled)[0], full.segment(scaled)[0]
    assert scores.dtype == logits.dtype == torch.float32
    assert abs(len(scores) - len(wanted)) <= 2
    assert half.find_people(FRAMES[:2])[1].shape[1:] == (70, 150)


def test_the_surer_one_has_the_pixels_of_both_and_a_second_sight_is_dropped() -> None:
    masks = torch.zeros(3, 10, 10, dtype=torch.bool)
    masks[0, :, :6], masks[1, :, 4:], masks[2, 1:9, 1:5] = True, True, True
    people = part_people(masks, torch.tensor([0.9, 0.8, 0.7]), 0.5)
    assert people.sum((1, 2)).tolist() == [60, 40]
    assert torch.equal(people[0], masks[0]) and torch.equal(people[1], masks[1] & ~masks[0])
    surer = part_people(masks, torch.tensor([0.7, 0.8, 0.9]), 0.5)
    assert torch.equal(surer, torch.stack([masks[1] & ~masks[2], masks[2]]))


@pytest.mark.parametrize(
    ("rows", "columns", "wanted_hw"),
    [
        pytest.param((30, 60), (40, 50), (70, 50), id="inside"),
        pytest.param((0, 5), (0, 3), (25, 23), id="at a corner"),
        pytest.param((90, 100), (70, 80), (30, 30), id="at the other corner"),
        pytest.param((0, 100), (0, 80), (100, 80), id="all of the frame"),
    ],
)
def test_a_person_is_cut_out_on_white(
    rows: tuple[int, int], columns: tuple[int, int], wanted_hw: tuple[int, int]
) -> None:
    frame, mask = torch.full((3, 100, 80), 7, dtype=torch.uint8), torch.zeros(100, 80, dtype=torch.bool)
    mask[slice(*rows), slice(*columns)] = True
    person = on_white(frame, mask)
    assert person.dtype == torch.uint8 and tuple(person.shape) == (3, *wanted_hw)
    assert int((person == 7).sum()) == 3 * int(mask.sum()) and set(torch.unique(person).tolist()) <= {7, 255}


def test_what_is_around_a_person_is_a_choice() -> None:
    frame, mask = soft_frame((100, 80), 1), torch.zeros(100, 80, dtype=torch.bool)
    mask[30:60, 40:50] = True
    assert torch.equal(on_white(frame, mask, pad_px=0), frame[:, 30:60, 40:50])


def test_an_empty_mask_is_nobody_to_cut_out() -> None:
    with pytest.raises(ValueError, match="the mask is empty"):
        on_white(FRAMES[0], torch.zeros(90, 60, dtype=torch.bool))


@pytest.mark.parametrize(
    ("size", "labels", "fault"),
    [
        pytest.param(SQUARE, {0: "dog", 1: "cat"}, r"no class named 'person'", id="knows no people"),
        pytest.param({"longest_edge": 96}, None, r"a size of \{'longest_edge': 96\}", id="size of one edge"),
    ],
)
def test_a_folder_that_cannot_find_people_is_refused(
    tmp_path: Path, size: dict[str, int], labels: dict[int, str] | None, fault: str
) -> None:
    with pytest.raises(ModelServerError, match=f"bad_setting: .*{fault}"):
        load_people(write_mask2former(tmp_path, size, labels), CPU, torch.float32)


def test_a_folder_without_safetensors_is_refused_by_name(tmp_path: Path) -> None:
    folder = write_rf_detr(tmp_path / "rf-detr-seg-small")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelServerError, match=r"rf-detr-seg-small holds no \*\.safetensors") as refusal:
        load_people(folder, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match=r"model of type 'sam2', not Mask2Former or RF-DETR"):
        load_people(write_sam2(tmp_path), CPU, torch.float32)
