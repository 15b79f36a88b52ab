"""A tiny YOLOS says what plain transformers says on the same weights; and the folders of all detectors."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402
from transformers import YolosForObjectDetection  # noqa: E402
from transformers.image_transforms import get_size_with_aspect_ratio  # noqa: E402
from transformers.models.yolos.image_processing_pil_yolos import (  # noqa: E402
    YolosImageProcessorPil,
    get_size_with_aspect_ratio_yolos,
)

from functions.tagging.taxonomy import YOLOS_FASHIONPEDIA, garment_type  # noqa: E402
from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.yolos import (  # noqa: E402
    PARTS,
    Scaling,
    Yolos,
    YolosRules,
    found_in,
    load_yolos,
    read_scaling,
)
from tests.serve_app.models.large.tiny_detectors import SHORTEST_PX, clipped, picture, write_yolos  # noqa: E402

CPU = torch.device("cpu")
LABELS = tuple(YOLOS_FASHIONPEDIA)
PLAIN_LABELS = ("person", "bow", "umbrella", "sleeve")
# Portrait and landscape, scaled down and up, and one of the model's own height.
SIZES = ((192, 108), (108, 192), (64, 100), (SHORTEST_PX, 128), (192, 108))
FRAMES = [picture(*size, seed) for seed, size in enumerate(SIZES)]
IDS = [f"{height}x{width}" for height, width in SIZES]
EVERYTHING = YolosRules(threshold=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_yolos(tmp_path_factory.mktemp("yolos"), LABELS)


@pytest.fixture(scope="module")
def plain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_yolos(tmp_path_factory.mktemp("plain"), PLAIN_LABELS)


@pytest.fixture(scope="module")
def plain(plain_folder: Path) -> Yolos:
    return load_yolos(plain_folder, CPU, torch.float32, EVERYTHING)


def by_transformers(folder: Path, frame: Tensor, threshold: float) -> list[tuple[float, str, list[float]]]:
    """Score, label and box of what transformers finds, the surest first."""
    model = YolosForObjectDetection.from_pretrained(folder)
    processor = YolosImageProcessorPil.from_pretrained(folder)
    with torch.inference_mode():
        answer = model(processor(frame, return_tensors="pt")["pixel_values"])
    size_hw = torch.tensor([frame.shape[-2:]])
    (found,) = processor.post_process_object_detection(answer, threshold=threshold, target_sizes=size_hw)
    names = {int(number): name for number, name in (model.config.id2label or {}).items()}
    labels = [names[int(number)] for number in found["labels"]]
    boxes = clipped(found["boxes"], frame).tolist()
    return sorted(zip(found["scores"].tolist(), labels, boxes, strict=True), reverse=True)


@pytest.mark.parametrize("frame", FRAMES, ids=IDS)
def test_inputs_are_those_of_the_processor(folder: Path, frame: Tensor) -> None:
    wanted = YolosImageProcessorPil.from_pretrained(folder)(frame, return_tensors="pt")["pixel_values"][0]
    (got,) = load_yolos(folder, CPU, torch.float32).prepare([frame])
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, wanted, atol=1e-3, rtol=0)


@pytest.mark.parametrize("frame", FRAMES, ids=IDS)
def test_finds_are_those_of_transformers(plain_folder: Path, plain: Yolos, frame: Tensor) -> None:
    (found,) = plain.detect([frame])
    wanted = by_transformers(plain_folder, frame, 0)
    assert len(found) == len(wanted) == 24
    assert [one.label for one in found] == [label for _, label, _ in wanted]
    assert len({one.label for one in found}) > 1
    got = torch.tensor([[one.score, *one.box_xyxy] for one in found])
    torch.testing.assert_close(got, torch.tensor([[score, *box] for score, _, box in wanted]), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("max_batch_pixels", [1, 2 * 96 * 160, YolosRules().max_batch_pixels])
def test_frames_together_have_the_finds_they_have_alone(plain_folder: Path, max_batch_pixels: int) -> None:
    detector = load_yolos(plain_folder, CPU, torch.float32, YolosRules(0, max_batch_pixels))
    for together, frame in zip(detector.detect(FRAMES), FRAMES, strict=True):
        (alone,) = detector.detect([frame])
        assert [one.label for one in together] == [one.label for one in alone]
        for one, other in zip(together, alone, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-5)
            assert one.box_xyxy == pytest.approx(other.box_xyxy, abs=1e-3)


def test_what_is_not_surer_than_the_threshold_is_left_out(plain_folder: Path, plain: Yolos) -> None:
    everything = plain.detect(FRAMES)[0]
    found = load_yolos(plain_folder, CPU, torch.float32, YolosRules(everything[10].score)).detect(FRAMES)[0]
    assert found == everything[:10]
    assert YolosRules().threshold == 0.5


def test_parts_of_garments_are_left_out_by_a_head_that_knows_them(folder: Path) -> None:
    (found,) = load_yolos(folder, CPU, torch.float32, EVERYTHING).detect(FRAMES[:1])
    everything = by_transformers(folder, FRAMES[0], 0)
    assert 0 < len(found) < len(everything)
    assert [one.label for one in found] == [label for _, label, _ in everything if garment_type(label)]


def test_the_parts_are_what_the_taxonomy_knows_as_no_item() -> None:
    assert {label for label, kind in YOLOS_FASHIONPEDIA.items() if kind is None} == PARTS


def test_another_head_keeps_its_labels_whatever_they_are_called(plain: Yolos) -> None:
    assert {one.label for found in plain.detect(FRAMES) for one in found} & PARTS


def test_no_frames_have_no_finds(plain: Yolos) -> None:
    assert plain.detect([]) == []


@pytest.mark.parametrize("size", [(40, 1600), (1600, 12), (1, 50), (1, 1)])
def test_a_frame_of_any_shape_is_answered(plain: Yolos, size: tuple[int, int]) -> None:
    height, width = size
    (found,) = plain.detect([picture(*size)])
    for x0, y0, x1, y1 in (one.box_xyxy for one in found):
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_bfloat16_moves_no_box_by_more_than_a_little(plain_folder: Path, plain: Yolos) -> None:
    short = load_yolos(plain_folder, CPU, torch.bfloat16, EVERYTHING)
    inputs = plain.prepare(FRAMES[:1])
    (got,), (wanted,) = short.infer(torch.stack(inputs)), plain.infer(torch.stack(inputs))
    assert got.dtype == torch.float32
    assert short.model.vit.embeddings.cls_token.dtype == torch.bfloat16
    boxes = got[:, :4]
    assert (boxes != boxes.bfloat16()).float().mean() > 0.9
    torch.testing.assert_close(got[:, :4], wanted[:, :4], atol=0.05, rtol=0)


def test_a_box_without_a_pixel_in_the_frame_is_left_out() -> None:
    rows = torch.tensor([[0.5, 0.5, 0.2, 0.2, 0.9, 0], [0.5, 0.5, 0.2, 0.009, 0.8, 0], [1.0, 0.5, 0.018, 0.2, 0.7, 0]])
    found = found_in(rows, torch.zeros(3, 100, 100), ["bag"])
    assert [one.score for one in found] == pytest.approx([0.9])
    assert found[0].box_xyxy == pytest.approx((40, 40, 60, 60))


@pytest.mark.parametrize(("shortest_px", "longest_px"), [(800, 1333), (512, 1333), (96, 160)])
def test_sizes_are_those_of_transformers(shortest_px: int, longest_px: int) -> None:
    one = torch.ones(3, 1, 1)
    exact, patched = (Scaling(shortest_px, longest_px, multiple, "bilinear", one, one) for multiple in (1, 16))
    dice = torch.Generator().manual_seed(3)
    sizes = torch.randint(500, 1200, (3000, 2), generator=dice).tolist()
    # A frame that is as wide as it shall be keeps its length, be it a pixel over the limit.
    sizes += [(side, longest_px + 1) for side in range(longest_px // 2, shortest_px)]
    for height, width in [*sizes, *((width, height) for height, width in sizes)]:
        assert exact.size_hw(height, width) == get_size_with_aspect_ratio((height, width), shortest_px, longest_px)
        wanted = get_size_with_aspect_ratio_yolos((height, width), shortest_px, longest_px)
        assert patched.size_hw(height, width) == wanted


def test_a_preprocessor_in_the_words_of_older_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text('{"size": 512, "max_size": 900, "image_std": [1, 1, 1]}')
    scaling = read_scaling(tmp_path, CPU)
    assert (scaling.shortest_px, scaling.longest_px, scaling.filter_name) == (512, 900, "bilinear")
    assert scaling.factor.flatten().tolist() == pytest.approx([1 / 255] * 3)
    assert scaling.shift.flatten().tolist() == pytest.approx([-0.485, -0.456, -0.406])


def test_a_preprocessor_inside_a_processors_file_is_read(tmp_path: Path) -> None:
    inside = {"size": {"shortest_edge": 10, "longest_edge": 20}, "resample": 3}
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": inside}))
    scaling = read_scaling(tmp_path, CPU)
    assert (scaling.shortest_px, scaling.longest_px, scaling.filter_name) == (10, 20, "bicubic")


def test_weights_that_are_no_safetensors_are_refused_by_name(tmp_path: Path) -> None:
    write_yolos(tmp_path, PLAIN_LABELS)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelServerError, match=r"holds no \*\.safetensors, and weights of other formats.*fetch") as no:
        load_yolos(tmp_path, CPU, torch.float32)
    assert no.value.code == "bad_setting"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        pytest.param("config.json", None, "config.json cannot be read", id="no description"),
        pytest.param(
            "config.json", "[]", "config.json holds a list, not an object", id="a description of another kind"
        ),
        pytest.param("config.json", '{"model_type": "detr"}', "of type 'detr', not YOLOS", id="another family"),
        pytest.param("model.safetensors", "half a file", "cannot be read", id="damaged weights"),
        pytest.param("preprocessor_config.json", None, "processor_config.json cannot be read", id="no preprocessor"),
        pytest.param("preprocessor_config.json", '{"size": {"height": 8}}', "asks for the size", id="another size"),
        pytest.param(
            "preprocessor_config.json", '{"size": 9, "resample": 0}', "asks for Pillow's filter 0", id="another filter"
        ),
        pytest.param(
            "preprocessor_config.json", '{"size": 9, "do_rescale": false}', "asks for do_rescale false", id="no step"
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, file: str, content: str | None, words: str
) -> None:
    write_yolos(tmp_path, PLAIN_LABELS)
    (tmp_path / file).unlink() if content is None else (tmp_path / file).write_text(content)
    with pytest.raises(ModelServerError, match=f"{words}.*; fetch the model's files again") as refusal:
        load_yolos(tmp_path, CPU, torch.float32)
    assert refusal.value.code == "bad_setting"


def test_weights_that_are_not_there_are_named_rather_than_drawn_by_chance(tmp_path: Path) -> None:
    write_yolos(tmp_path, PLAIN_LABELS)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(
        json.dumps(config | {"num_hidden_layers": 3, "use_mid_position_embeddings": False})
    )
    with pytest.raises(ModelServerError, match=r"lacks \d+ weights of YOLOS, vit\.encoder\.layer\.2"):
        load_yolos(tmp_path, CPU, torch.float32)
