"""An exported encoder, with batch norms again, answers as the file does."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training needs torch: pip install 'reelwear[models]'")

from catalog_jobs.graphs import fold_batch_norms  # noqa: E402
from catalog_jobs.parser.export import export  # noqa: E402
from catalog_jobs.parser.network import GarmentParser  # noqa: E402
from catalog_jobs.parser.photos import Photo  # noqa: E402
from catalog_jobs.parser.restore import restore_encoder, some_views  # noqa: E402

# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")
GROUPS = ("background", "skin", "top")


def photos() -> list[Photo]:
    rng = np.random.default_rng(0)
    return [
        Photo(str(i), rng.integers(0, 256, (96, 64, 3), np.uint8), np.zeros((96, 64), np.uint8), 3) for i in range(6)
    ]


def test_a_restored_encoder_gives_the_maps_of_the_one_exported(tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = GarmentParser(len(GROUPS)).train()
    views = some_views(photos(), (64, 96), 6)
    with torch.no_grad():
        for _ in range(40):
            trained(torch.cat(views))
    torch.save(trained.state_dict(), tmp_path / "parser.pt")
    export(tmp_path / "parser.pt", tmp_path / "parser.onnx", GROUPS)
    other = GarmentParser(len(GROUPS))
    restore_encoder(other.encoder, tmp_path / "parser.onnx", views)
    pixels = (torch.cat(views[:2]) - 127) / 128
    with torch.no_grad():
        for wanted, got in zip(fold_batch_norms(trained).encoder(pixels), other.encoder(pixels), strict=True):
            assert torch.allclose(wanted, got, atol=0.02 * float(wanted.std()) + 1e-3)


def test_a_file_of_another_network_is_refused_by_name(tmp_path: Path) -> None:
    from catalog_jobs.graphs import to_onnx

    model = to_onnx(torch.nn.Linear(2, 2), {"x": torch.zeros(1, 2)}, ["y"], {})
    (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="no garment parser"):
        restore_encoder(GarmentParser(3).encoder, tmp_path / "other.onnx", some_views(photos(), (64, 96), 2))
