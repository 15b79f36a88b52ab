"""The export: the same answers as the trained network, and small."""

from pathlib import Path

import numpy as np
import onnx
import pytest

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
    facts = export(weights, out, GROUPS)
    model = GarmentParserModel(out)
    assert facts["bytes"] == out.stat().st_size < MAX_FILE_BYTES
    assert facts["version"] == model.version
    assert 0 < float(str(facts["largest_error"])) < 0.02
    assert model.groups == GROUPS
    assert len(model.version) == 12
    parsings = model.infer([np.zeros((64, 96, 3), np.uint8), np.zeros((160, 32, 3), np.uint8)])
    assert [parsing.logits.shape for parsing in parsings] == [(5, 16, 24), (5, 40, 8)]
    assert [parsing.votes.shape for parsing in parsings] == [(2, 16, 24), (2, 40, 8)]


def test_large_weights_are_stored_as_halves(weights: Path, tmp_path: Path) -> None:
    export(weights, tmp_path / "parser.onnx", GROUPS)
    stored = onnx.load(tmp_path / "parser.onnx").graph.initializer
    large = [tensor for tensor in stored if np.prod(tensor.dims) >= 256]
    assert large
    assert {tensor.data_type for tensor in large} == {onnx.TensorProto.FLOAT16}
