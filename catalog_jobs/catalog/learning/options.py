"""What a fine-tuning is made of."""

from dataclasses import dataclass
from typing import Literal

Layers = Literal["all", "last"]


# On four splits of the drawn shop (30 % held out) the reciprocal rank of pictures looked for by another picture rose
# from 0.890 to 0.902 without this loss, and to 0.923 with it; that of captions is the same.
PICTURE_SHARE = 0.5


@dataclass(frozen=True)
class FinetuneOptions:
    """epochs: at most. rate: None takes the model's own (see `learner.Learner.rate`). temperature: what cosines are
    divided by; None takes the model's own. picture_share: what the finding of pictures by others of the same garment
    weighs in the loss beside that of pictures by captions. patience: epochs without a better one after which it ends.
    minutes: no epoch goes on after them; None for no limit. layers: last trains the projections alone, None is the
    model's own. threads: 0 for one a core.
    """

    epochs: int = 10
    batch: int = 64
    rate: float | None = None
    weight_decay: float = 0.1
    temperature: float | None = None
    learns_temperature: bool = False
    picture_share: float = PICTURE_SHARE
    patience: int = 3
    minutes: float | None = None
    layers: Layers | None = None
    seed: int = 42
    threads: int = 0
    device: str = "auto"

    @property
    def shaping(self) -> dict[str, object]:
        """Those that decide what the weights become; a run goes on only with the same."""
        names = ("epochs", "batch", "rate", "weight_decay", "temperature", "learns_temperature", "picture_share")
        return {name: getattr(self, name) for name in (*names, "layers", "seed")}
