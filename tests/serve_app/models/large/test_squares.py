"""Frames become OWLv2's input as the processor of transformers makes it, which does it with scipy."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")
pytest.importorskip("scipy", reason="OWLv2's processor needs scipy: pip install 'reelwear[demo]'")

from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil  # noqa: E402

from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.squares import read_square, square_matrix  # noqa: E402
from tests.serve_app.models.large.tiny_detectors import SIDE_PX, picture  # noqa: E402

CPU = torch.device("cpu")
FILE = "preprocessor_config.json"
# Scaled down a lot and a little, up, and not at all; portrait, landscape, and of one pixel.
SIZES = ((192, 108), (108, 192), (64, 100), (40, 50), (SIDE_PX, SIDE_PX), (20, SIDE_PX), (500, 30), (1, 50), (2, 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    Owlv2ImageProcessorPil(size={"height": SIDE_PX, "width": SIDE_PX}).save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize("size_hw", SIZES, ids=[f"{height}x{width}" for height, width in SIZES])
def test_inputs_are_those_of_the_processor(folder: Path, size_hw: tuple[int, int]) -> None:
    frames = torch.stack([picture(*size_hw, seed) for seed in (0, 1)])
    processor = Owlv2ImageProcessorPil.from_pretrained(folder)
    wanted = processor(list(frames), return_tensors="pt", input_data_format="channels_first")["pixel_values"]
    got = read_square(folder, SIDE_PX, CPU).apply(frames)
    assert (got.dtype, got.shape) == (torch.float32, (2, 3, SIDE_PX, SIDE_PX))
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("n_in", [1, 2, 63, 64, 65, 1280])
def test_of_each_pixel_the_weights_sum_to_one(n_in: int) -> None:
    matrix = square_matrix(n_in, SIDE_PX, CPU)
    assert matrix.shape == (SIDE_PX, n_in)
    torch.testing.assert_close(matrix.sum(1), torch.ones(SIDE_PX))
    assert float(matrix.min()) >= 0


def test_a_preprocessor_inside_a_processors_file_is_read(tmp_path: Path) -> None:
    inside = {"image_mean": [0, 0, 0], "image_std": [0.5, 0.5, 0.5], "size": {"height": 8, "width": 8}}
    (tmp_path / "processor_config.json").write_text(json.dumps({"image_processor": inside}))
    square = read_square(tmp_path, 8, CPU)
    assert square.factor.flatten().tolist() == pytest.approx([2 / 255] * 3)
    assert square.shift.flatten().tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param({"size": {"height": 32, "width": 32}}, "asks for the size .*32.*takes 64×64", id="another size"),
        pytest.param({"size": {"shortest_edge": 64}}, "asks for the size", id="a size by one side"),
        pytest.param({"do_pad": False}, "asks for do_pad false", id="no black"),
        pytest.param({"do_normalize": False}, "asks for do_normalize false", id="no step"),
    ],
)
def test_a_preprocessor_of_another_kind_is_refused_by_name(folder: Path, change: dict[str, object], match: str) -> None:
    (folder / FILE).write_text(json.dumps(json.loads((folder / FILE).read_text()) | change))
    with pytest.raises(ModelServerError, match=match) as refusal:
        read_square(folder, SIDE_PX, CPU)
    assert refusal.value.code == "bad_setting"


def test_a_missing_preprocessor_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError, match=r"preprocessor_config\.json cannot be read"):
        read_square(tmp_path, SIDE_PX, CPU)
