"""What is in a frame, by the same steps as in the model server, but without a server."""

from collections.abc import Sequence
from typing import Protocol

from serve_app.contract import Detection, encode_rle
from serve_app.models.garment_parser import FRAME_LONG_SIDE_PX, Parsing
from serve_app.models.garments import Garment, find_garments
from serve_app.models.pictures import Image


class Parser(Protocol):
    """What a garment parser is asked for; serve_app's GarmentParserModel is one."""

    groups: tuple[str, ...]
    version: str

    def prepare(self, picture: Image, long_side_px: int = FRAME_LONG_SIDE_PX) -> Image:
        """The picture at a size that the network takes."""
        ...

    def infer(self, prepared: Sequence[Image]) -> list[Parsing]:
        """What the network says of each picture."""
        ...


def detect(model: Parser, picture: Image) -> list[Garment]:
    """The garments of an RGB picture, as the server finds them."""
    parsing = model.infer([model.prepare(picture)])[0]
    size_wh = (picture.shape[1], picture.shape[0])
    return find_garments(parsing.logits, parsing.votes, model.groups, size_wh, sureness=parsing.sureness)


def as_detection(garment: Garment, vector: str | None = None) -> Detection:
    """A garment as it goes over the wire."""
    return Detection(
        box=garment.box_xyxy,
        label=garment.label,
        score=garment.score,
        mask=encode_rle(garment.mask),
        vector=vector,
        wearer=garment.wearer,
    )
