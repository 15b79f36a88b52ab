"""Small files that answer as the network does."""

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="the export needs torch: pip install 'reelwear[models]'")

from torch import nn  # noqa: E402

from catalog_jobs.graphs import as_bytes, halve_weights, store_as_bytes, to_onnx, version_of  # noqa: E402

# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_bytes_are_as_near_as_their_scale_allows() -> None:
    values = np.random.default_rng(0).normal(0, 1, (300, 40)).astype(np.float32) * np.logspace(-2, 2, 300)[:, None]
    rounded, scales = as_bytes(values.astype(np.float32))
    assert scales.shape == (300, 1)
    assert (np.abs(rounded * scales - values) <= scales / 2 * 1.001).all()


@pytest.mark.parametrize(("shrink", "share"), [(halve_weights, 0.55), (store_as_bytes, 0.32)])
def test_a_shrunk_graph_is_smaller_and_answers_nearly_the_same(shrink: object, share: float) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 16)).eval()
    x = torch.randn(3, 64)
    model = to_onnx(network, {"x": x}, ["vectors"], {"x": {0: "batch"}, "vectors": {0: "batch"}})
    before = len(model.SerializeToString())
    shrink(model)  # type: ignore[operator]
    data = model.SerializeToString()
    assert len(data) < share * before + 2000
    got = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(["vectors"], {"x": x.numpy()})[0]
    with torch.no_grad():
        wanted = network(x).numpy()
    assert np.abs(got - wanted).max() < 0.05 * wanted.std()


def test_a_version_follows_the_bytes(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "a").write_bytes(b"one")
    (folder / "b").write_bytes(b"two")
    assert version_of(folder / "a", folder / "b") != version_of(folder / "b", folder / "a")
    assert len(version_of(folder / "a")) == 12
