"""The export: the same answers as the trained network, and small."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

torch = pytest.importorskip("torch", reason="the export needs torch: pip install 'reelwear[models]'")

from catalog_jobs.graphs import fold_batch_norms  # noqa: E402
from catalog_jobs.parser.export import MAX_FILE_BYTES, PixelsParser, export  # noqa: E402
from catalog_jobs.parser.network import GarmentParser  # noqa: E402
from serve_app.models.embedded import GarmentParserModel  # noqa: E402

GROUPS = ("background", "skin", "hair", "top", "pants")

# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained parser whose batch norms have seen something."""
    torch.manual_seed(0)
    parser = GarmentParser(len(GROUPS)).train()
    with torch.no_grad():
        parser(torch.rand(2, 3, 64, 64) * 255)
    path = tmp_path_factory.mktemp("weights") / "parser.pt"
    torch.save(parser.state_dict(), path)
    return path


def photos() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (96, 64, 3), np.uint8) for _ in range(8)]


def test_folded_batch_norms_change_no_answer(weights: Path) -> None:
    parser = GarmentParser(len(GROUPS)).eval()
    parser.load_state_dict(torch.load(weights, weights_only=True))
    pixels = torch.randint(0, 256, (1, 96, 64, 3), dtype=torch.uint8)
    folded = fold_batch_norms(parser)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    with torch.no_grad():
        for wanted, got in zip(PixelsParser(parser)(pixels), PixelsParser(folded).eval()(pixels), strict=True):
            assert torch.allclose(wanted, got, atol=1e-3)


def test_the_exported_file_answers_as_the_network_at_any_size(weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "parser.onnx"
    facts = export(weights, out, GROUPS, photos())
    model = GarmentParserModel(out)
    assert facts["bytes"] == out.stat().st_size < MAX_FILE_BYTES
    assert facts["version"] == model.version
    assert 0 <= float(str(facts["changed_share"])) < 0.03
    assert model.groups == GROUPS
    assert len(model.version) == 12
    parsings = model.infer([np.zeros((64, 96, 3), np.uint8), np.zeros((160, 32, 3), np.uint8)])
    assert [parsing.logits.shape for parsing in parsings] == [(5, 16, 24), (5, 40, 8)]
    assert [parsing.votes.shape for parsing in parsings] == [(2, 16, 24), (2, 40, 8)]


def test_the_file_computes_in_bytes_of_which_the_weights_take_seven_bits(weights: Path, tmp_path: Path) -> None:
    export(weights, tmp_path / "parser.onnx", GROUPS, photos())
    stored = onnx.load(tmp_path / "parser.onnx").graph.initializer
    large = [numpy_helper.to_array(tensor) for tensor in stored if np.prod(tensor.dims) >= 2000]
    assert large
    assert {values.dtype for values in large} == {np.dtype(np.int8)}
    assert max(int(np.abs(values.astype(int)).max()) for values in large) <= 64


def test_a_rounding_that_changes_too_much_is_refused(weights: Path, tmp_path: Path) -> None:
    state = torch.load(weights, weights_only=True)
    # The groups' chances now differ by less than a byte's step at most places.
    state["classify.bias"].zero_()
    state["trust"].zero_()
    state["classify.weight"] += 50
    torch.save(state, tmp_path / "even.pt")
    with pytest.raises(ValueError, match="of the cells to another group"):
        export(tmp_path / "even.pt", tmp_path / "even.onnx", GROUPS, photos())
    assert not (tmp_path / "even.onnx").exists()
