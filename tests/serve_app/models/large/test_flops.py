"""The work of large models, counted, and the peaks it is held against."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch.nn.functional import scaled_dot_product_attention  # noqa: E402

from serve_app.models.large.clip import load_clip  # noqa: E402
from serve_app.models.large.flops import count_flops, peak_flops_of, peak_of_name  # noqa: E402
from tests.serve_app.models.large.tiny_clip import write_clip  # noqa: E402

CPU = torch.device("cpu")


def test_a_multiply_and_an_add_are_two() -> None:
    weights, inputs = torch.ones(5, 7), torch.ones(3, 7)
    with torch.inference_mode():
        assert count_flops(lambda: torch.nn.functional.linear(inputs, weights)) == 2 * 3 * 5 * 7


def test_attention_is_counted_on_a_processor_too() -> None:
    tokens = torch.ones(2, 3, 16, 8)
    products = 2 * (2 * 2 * 3 * 16 * 16 * 8)
    with torch.inference_mode():
        assert count_flops(lambda: scaled_dot_product_attention(tokens, tokens, tokens)) == products


def test_two_pictures_are_twice_the_work_of_one_and_texts_are_work_too(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    write_clip(tmp_path)
    embedder = load_clip(tmp_path, CPU)
    picture = torch.zeros(3, 48, 40, dtype=torch.uint8)
    one = count_flops(lambda: embedder.embed_images([picture]))
    assert count_flops(lambda: embedder.embed_images([picture] * 2)) == 2 * one > 0
    assert count_flops(lambda: embedder.embed_texts(["a bag"])) > 0


@pytest.mark.parametrize(
    ("name", "tflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA H200", 989),
        ("NVIDIA H200 NVL", 835.5),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA L4", 121),
        ("NVIDIA L40S", 0),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 0),
        ("Tesla T4", 0),
    ],
)
def test_the_peak_of_a_gpu_by_its_name(name: str, tflops: float) -> None:
    assert peak_of_name(name) == pytest.approx(tflops * 1e12)


def test_a_processor_has_the_peak_that_the_settings_say() -> None:
    assert peak_flops_of(CPU, torch.float32, 0.0) == 0
    assert peak_flops_of(CPU, torch.float32, 0.5) == 0.5e12
