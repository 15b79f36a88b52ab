"""What the work of large models costs in floating-point operations, and how many a second a device could do."""

import re
from collections.abc import Callable
from typing import Final

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

# Attention on a processor, which torch's counter leaves out.
ATTENTION_ON_CPU: Final = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
# Words of a device's name, and its peak in bfloat16 without sparsity, FLOP a second; the first row that fits counts.
PEAKS: Final[tuple[tuple[frozenset[str], float], ...]] = (
    (frozenset({"H200", "NVL"}), 835.5e12),
    (frozenset({"H200"}), 989e12),
    (frozenset({"H100", "PCIE"}), 756e12),
    (frozenset({"H100", "NVL"}), 835.5e12),
    (frozenset({"H100"}), 989e12),
    (frozenset({"A100"}), 312e12),
    (frozenset({"L4"}), 121e12),
)


def count_flops(run: Callable[[], object]) -> int:
    """The floating-point operations of what is run once, by torch's counter; a multiply-add is two.

    Products of matrices, convolutions and attention are counted, those by which pictures are scaled among them. Left
    out are operations on single elements (activations, normalisations, sampling between pixels), kernels of one's own,
    and what runs outside torch. The counter takes the place of compiled networks, and costs time at every operation:
    it is for the start, not for each pass.
    """
    with FlopCounterMode(display=False, custom_mapping={ATTENTION_ON_CPU: attention_flops}) as counter:
        run()
    return int(counter.get_total_flops())


def attention_flops(query: torch.Size, key: torch.Size, value: torch.Size, *_: object, **__: object) -> int:
    """Of the two products of attention, by the shapes (B×heads×tokens×D) that they take."""
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


def peak_flops_of(device: torch.device, dtype: torch.dtype, told_tflops: float) -> float:
    """FLOP a second that a device could do at most, 0 where that is not known.

    told_tflops: what the settings say in 1e12 a second, 0 for nothing; it comes first. Else the peak is known in
    bfloat16, of some GPUs.
    """
    if told_tflops:
        return told_tflops * 1e12
    if device.type != "cuda" or dtype != torch.bfloat16:
        return 0.0
    return peak_of_name(torch.cuda.get_device_name(device))


def peak_of_name(name: str) -> float:
    """The peak in bfloat16 of a GPU by the name that its driver gives it, 0 for one that is not known or is a slice.

    Figures are those of NVIDIA's datasheets of H100 (SXM, NVL and PCIe), H200 (SXM and NVL), A100 and L4 Tensor Core
    GPU, "BFLOAT16 Tensor Core"; where a datasheet states them with sparsity, half of that.
    """
    words = frozenset(re.split(r"[^A-Z0-9]+", name.upper()))
    if "MIG" in words:
        return 0.0
    return next((peak for told, peak in PEAKS if told <= words), 0.0)
