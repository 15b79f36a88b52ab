"""SAM 2.1 cuts out what boxes hold, as transformers does with the same weights.

transformers' own processor for SAM 2 needs torchvision, so what it does before and after the network is repeated here
with Pillow, NumPy and torch.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from safetensors.torch import load_file, save_file  # noqa: E402
from torch import Tensor  # noqa: E402
from torch.nn.functional import interpolate  # noqa: E402
from transformers import Sam2Model  # noqa: E402

from serve_app.contract import Box  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.sam2 import Sam2, Sam2Rules, load_sam2  # noqa: E402
from tests.serve_app.models.large.tiny_segmenters import (  # noqa: E402
    SIDE_PX,
    iou,
    pillow_input,
    soft_frame,
    write_mask2former,
    write_sam2,
    write_sam2_video,
)

CPU = torch.device("cpu")
FRAMES = [soft_frame((90, 60), 1), soft_frame((70, 150), 2), soft_frame((90, 60), 3), soft_frame((130, 130), 4)]
BOXES: list[list[Box]] = [
    [(10, 10, 50, 80)],
    [(1, 2, 30, 60), (50, 20, 140, 60), (0, 0, 150, 70)],
    [],
    [(5.5, 7.25, 100, 120), (60, 60, 129, 130)],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_sam2(tmp_path_factory.mktemp("sam2"))


@pytest.fixture(scope="module")
def sam2(folder: Path) -> Sam2:
    return load_sam2(folder, CPU, torch.float32)


@pytest.fixture(scope="module")
def plain(folder: Path) -> Sam2Model:
    return Sam2Model.from_pretrained(folder)


@torch.inference_mode()  # type: ignore[untyped-decorator] # torch is imported or skipped
def plain_masks(plain: Sam2Model, frame: Tensor, boxes: Sequence[Box], is_best_of_three: bool = False) -> Tensor:
    """The masks of a frame by transformers' network alone."""
    height, width = frame.shape[-2:]
    scales = torch.tensor([SIDE_PX / width, SIDE_PX / height, SIDE_PX / width, SIDE_PX / height])
    output = plain(
        pixel_values=pillow_input(frame, (SIDE_PX, SIDE_PX)),
        input_boxes=(torch.tensor(boxes) * scales)[None],
        multimask_output=is_best_of_three,
    )
    best = [masks[scores.argmax()] for masks, scores in zip(output.pred_masks[0], output.iou_scores[0], strict=True)]
    return interpolate(torch.stack(best)[:, None], (height, width), mode="bilinear", align_corners=False)[:, 0] > 0


def assert_same(masks: Tensor, wanted: Tensor, least_iou: float = 0.999) -> None:
    assert masks.dtype == torch.bool and masks.shape == wanted.shape
    assert all(iou(one, other) > least_iou for one, other in zip(masks, wanted, strict=True))


def test_frames_are_prepared_as_by_pillow(sam2: Sam2) -> None:
    for frame in FRAMES:
        prepared = sam2.normalise(sam2.resize(frame[None]))
        assert torch.allclose(prepared, pillow_input(frame, (SIDE_PX, SIDE_PX)), atol=1e-5)


def test_tall_frames_are_prepared_within_a_step_of_a_byte_whichever_side_pillow_scales_first(sam2: Sam2) -> None:
    frame = soft_frame((320, 180), 5)
    wanted = pillow_input(frame, (SIDE_PX, SIDE_PX))
    assert torch.allclose(sam2.normalise(sam2.resize(frame[None])), wanted, atol=1.001 / 255 / 0.224)


@pytest.mark.parametrize(
    "index", [pytest.param(0, id="portrait"), pytest.param(1, id="landscape"), pytest.param(3, id="square")]
)
def test_the_masks_of_one_frame_are_those_of_transformers(sam2: Sam2, plain: Sam2Model, index: int) -> None:
    wanted = plain_masks(plain, FRAMES[index], BOXES[index])
    assert 0.1 < float(wanted.float().mean()) < 0.9
    assert_same(sam2.cut_out([FRAMES[index]], [BOXES[index]])[0], wanted)


def test_frames_of_other_shapes_and_numbers_of_boxes_share_a_batch_unharmed(sam2: Sam2, plain: Sam2Model) -> None:
    masks = sam2.cut_out(FRAMES, BOXES)
    assert [tuple(own.shape) for own in masks] == [(1, 90, 60), (3, 70, 150), (0, 90, 60), (2, 130, 130)]
    for own, frame, boxes in zip(masks, FRAMES, BOXES, strict=True):
        if boxes:
            assert_same(own, plain_masks(plain, frame, boxes))
            assert_same(own, sam2.cut_out([frame], [boxes])[0])


def test_the_best_of_three_masks_is_a_choice(folder: Path, plain: Sam2Model) -> None:
    best = load_sam2(folder, CPU, torch.float32, Sam2Rules(is_best_of_three=True))
    for frame, boxes, masks in zip(FRAMES, BOXES, best.cut_out(FRAMES, BOXES), strict=True):
        if boxes:
            assert_same(masks, plain_masks(plain, frame, boxes, is_best_of_three=True))


def test_limits_of_a_pass_change_no_mask(folder: Path, sam2: Sam2) -> None:
    narrow = load_sam2(folder, CPU, torch.float32, Sam2Rules(max_frames=1, max_boxes=2))
    for masks, wanted in zip(narrow.cut_out(FRAMES, BOXES), sam2.cut_out(FRAMES, BOXES), strict=True):
        assert_same(masks, wanted)


def test_frames_are_encoded_once_and_all_boxes_decoded_together(folder: Path) -> None:
    counted = load_sam2(folder, CPU, torch.float32)
    encoded, decoded = [], []
    counted.network.vision_encoder.register_forward_hook(lambda _, inputs, __: encoded.append(len(inputs[0])))
    counted.network.mask_decoder.register_forward_hook(lambda _, __, output: decoded.append(len(output[0])))
    counted.cut_out(FRAMES, BOXES)
    assert (encoded, decoded) == ([3], [6])


def test_frames_without_boxes_cost_no_pass(folder: Path) -> None:
    counted = load_sam2(folder, CPU, torch.float32)
    passes = []
    for part in (counted.network.vision_encoder, counted.network.prompt_encoder, counted.network.mask_decoder):
        part.register_forward_hook(lambda *_: passes.append(1))
    assert [tuple(masks.shape) for masks in counted.cut_out(FRAMES[:2], [[], []])] == [(0, 90, 60), (0, 70, 150)]
    assert counted.cut_out([], []) == []
    assert not passes


def test_half_precision_cuts_out_nearly_the_same(folder: Path, sam2: Sam2) -> None:
    half = load_sam2(folder, CPU, torch.bfloat16)
    assert half.network.vision_encoder.dtype == torch.bfloat16
    for masks, wanted in zip(half.cut_out(FRAMES, BOXES), sam2.cut_out(FRAMES, BOXES), strict=True):
        assert_same(masks, wanted, least_iou=0.9)


def test_weights_published_with_the_tracker_of_videos_are_loaded(tmp_path: Path) -> None:
    folder = write_sam2_video(tmp_path)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "sam2_video"
    masks = load_sam2(folder, CPU, torch.float32).cut_out(FRAMES[:1], BOXES[:1])[0]
    assert_same(masks, plain_masks(Sam2Model.from_pretrained(folder), FRAMES[0], BOXES[0]))


def test_a_folder_without_safetensors_is_refused_by_name(tmp_path: Path) -> None:
    folder = write_sam2(tmp_path / "sam2.1-hiera-tiny")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelServerError, match=r"sam2\.1-hiera-tiny holds no \*\.safetensors.*fetch") as refusal:
        load_sam2(folder, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json"])
def test_a_folder_without_one_of_its_settings_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = write_sam2(tmp_path)
    (folder / name).unlink()
    with pytest.raises(ModelServerError, match=f"bad_setting: .*{name} cannot be read"):
        load_sam2(folder, CPU, torch.float32)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = write_sam2(tmp_path)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelServerError, match=r"bad_setting: .* cannot be read as SAM 2\.1"):
        load_sam2(folder, CPU, torch.float32)


def test_weights_that_lack_some_are_refused_and_not_made_up(tmp_path: Path) -> None:
    folder = write_sam2(tmp_path)
    weights = load_file(folder / "model.safetensors")
    del weights["mask_decoder.iou_token.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelServerError, match=r"lacks 1 weights of SAM 2\.1, mask_decoder\.iou_token\.weight"):
        load_sam2(folder, CPU, torch.float32)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    folder = write_mask2former(tmp_path, {"height": 96, "width": 96})
    with pytest.raises(ModelServerError, match=r"model of type 'mask2former', not SAM 2\.1"):
        load_sam2(folder, CPU, torch.float32)


def test_a_size_that_the_network_does_not_take_is_refused(tmp_path: Path) -> None:
    folder = write_sam2(tmp_path)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings["size"] = {"height": 1024, "width": 1024}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelServerError, match=r"to \{'height': 1024, 'width': 1024\} for a network that .* of 128"):
        load_sam2(folder, CPU, torch.float32)


def test_a_filter_that_is_not_known_is_refused(tmp_path: Path) -> None:
    folder = write_sam2(tmp_path)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps({**settings, "resample": 0}))
    with pytest.raises(ModelServerError, match=r"scales with filter 0, which is none of .*bilinear"):
        load_sam2(folder, CPU, torch.float32)
