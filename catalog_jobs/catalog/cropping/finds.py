"""What the models see in a picture, and how they are asked: the model server, or the parser in this process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from serve_app.contract import Box, Mask


@dataclass(frozen=True)
class Find:
    """One garment in a picture. mask: H×W of it. wearer: number of the person, None where the models cannot tell."""

    type: str
    score: float
    box_xyxy: Box
    mask: Mask
    wearer: int | None = None

    @property
    def share(self) -> float:
        """Of the picture, how much it covers."""
        return float(self.mask.mean())


@dataclass(frozen=True)
class Refusal:
    """Why the models gave nothing for one picture."""

    message: str


class Looks(Protocol):
    """Something that finds garments. model: its name and version; another one wherever the finds may differ."""

    @property
    def model(self) -> str: ...

    def look(self, jpegs: Sequence[bytes]) -> list[tuple[Find, ...] | Refusal]:
        """The garments in each picture, in their order. Raises MODEL_SERVER_DOWN or MODEL_REFUSED for all of them."""
        ...
