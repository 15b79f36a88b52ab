"""An exported encoder, with batch norms again, answers as the file does."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training needs torch: pip install 'reelwear[models]'")

from catalog_jobs.graphs import fold_batch_norms  # noqa: E402
from catalog_jobs.parser.export import export  # noqa: E402
from catalog_jobs.parser.network import GarmentParser  # noqa: E402
from catalog_jobs.parser.photos import Photo  # noqa: E402
from catalog_jobs.parser.restore import go_on, restore_encoder, some_views  # noqa: E402

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
    export(tmp_path / "parser.pt", tmp_path / "parser.onnx", GROUPS, [photo.pixels for photo in photos()])
    other = GarmentParser(len(GROUPS))
    restore_encoder(other.encoder, tmp_path / "parser.onnx", views)
    pixels = (torch.cat(views[:2]) - 127) / 128
    with torch.no_grad():
        for wanted, got in zip(fold_batch_norms(trained).encoder(pixels), other.encoder(pixels), strict=True):
            # Seven bits a weight: what is left of the difference after some twenty layers.
            assert float((wanted - got).std() / wanted.std()) < 0.1


def test_a_file_of_another_network_is_refused_by_name(tmp_path: Path) -> None:
    from catalog_jobs.graphs import to_onnx

    model = to_onnx(torch.nn.Linear(2, 2), {"x": torch.zeros(1, 2)}, ["y"], {})
    (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="no garment parser"):
        restore_encoder(GarmentParser(3).encoder, tmp_path / "other.onnx", some_views(photos(), (64, 96), 2))


def test_a_parser_without_the_last_layers_goes_on_with_the_same_answers() -> None:
    torch.manual_seed(0)
    earlier, later = GarmentParser(3).eval(), GarmentParser(3).eval()
    state = {name: value for name, value in earlier.state_dict().items() if not name.startswith("sharpen")}
    assert {name.partition(".")[0] for name in go_on(later, state)} == {"sharpen"}
    pixels = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        assert torch.equal(earlier(pixels).logits, later(pixels).logits)


def test_a_wider_layer_keeps_what_it_knew_and_does_not_listen_to_what_is_new() -> None:
    torch.manual_seed(0)
    narrow, wide = torch.nn.Conv2d(3, 4, 1), torch.nn.Conv2d(5, 6, 1)
    before = {name: value.clone() for name, value in narrow.state_dict().items()}
    assert go_on(wide, before) == []
    known = torch.rand(1, 3, 2, 2)
    padded = torch.cat([known, torch.rand(1, 2, 2, 2)], 1)
    with torch.no_grad():
        assert torch.allclose(wide(padded)[:, :4], narrow(known), atol=1e-6)
