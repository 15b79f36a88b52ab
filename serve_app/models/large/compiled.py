"""Networks compiled by torch where that works; where it does not they run as they are."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from torch import nn
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from serve_app.batches import is_out_of_memory
from serve_app.models.large.clip import ClipEmbedder

# What torch says goes on for pages.
MAX_REASON_LENGTH = 300
Inputs = ParamSpec("Inputs")
Output = TypeVar("Output")


class Compiled(Generic[Inputs, Output]):
    """The forward pass of a network: compiled when it is first called, and as it was before from the first call on that
    cannot be compiled, with the reason on stderr. Want of memory is no such reason.

    One compilation serves all sizes of batch and of picture that torch can treat alike; each other one compiles anew.
    """

    def __init__(
        self, name: str, plain: Callable[Inputs, Output], backend: str | Callable[..., Any] = "inductor"
    ) -> None:
        self.name, self.plain = name, plain
        self.compiled: Callable[Inputs, Output] | None = torch.compile(plain, dynamic=True, backend=backend)

    def __call__(self, *inputs: Inputs.args, **named: Inputs.kwargs) -> Output:
        """What the network says."""
        # While operations are counted torch does not compile, and would not later what it met then.
        if self.compiled is not None and not is_in_torch_dispatch_mode():
            try:
                return self.compiled(*inputs, **named)
            except RuntimeError as fault:
                # All that torch raises while compiling is one.
                if is_out_of_memory(fault):
                    raise
                reason = " ".join(str(fault).split())[:MAX_REASON_LENGTH]
            self.compiled = None
            sys.stderr.write(f"model server: {self.name} runs without being compiled ({reason})\n")
        return self.plain(*inputs, **named)


def compile_networks(parts: Sequence[object]) -> list[Compiled[..., Any]]:
    """Have networks of parts compiled at their first passes; a part of another kind is left as it is."""
    compiled = []
    for part in parts:
        for name, network in networks_of(part).items():
            network.forward = Compiled(f"{type(part).__name__}'s {name}", network.forward)
            compiled.append(network.forward)
    return compiled


def networks_of(part: object) -> dict[str, nn.Module]:
    """What of a part is compiled: both towers of a CLIP or SigLIP. Others have not been seen to gain by it."""
    if not isinstance(part, ClipEmbedder):
        return {}
    # Of its parts transformers does not say the types.
    network: Any = part.network
    return {"image tower": network.vision_model, "text tower": network.text_model}
