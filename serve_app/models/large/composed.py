"""A family of large models put together: a detector, a segmenter, an embedder, and one for people where it is wanted.

A frame goes to the device once. Detector, segmenter and embedder see it there, and so do the crops that are cut out of
it; boxes, scores, masks and vectors come back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from serve_app.contract import Attribute, Box, ModelInfo
from serve_app.errors import ModelServerError
from serve_app.models.garments import Garment
from serve_app.models.large.crops import crops_on_grey
from serve_app.models.large.flops import count_flops
from serve_app.models.large.parts import Detector, Embedder, Found, PeopleSegmenter, Segmenter
from serve_app.models.large.people import on_white
from serve_app.models.large.wearing import assign_wearers, mask_boxes
from serve_app.models.pictures import Image
from serve_app.models.rows import CutOut

MIN_HELD_SHARE = 0.5
# Keyframes of a reel, upright and lying; a made-up one is of one colour, and so without finds of its own.
KEYFRAMES_HW = ((1280, 720), (720, 1280))
MADE_UP_COLOUR = 127
MADE_UP_TEXT = "a red dress"


def read_nothing(_label: str, _vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
    """No attribute: nothing was fitted for the embedder."""
    return ()


@dataclass(frozen=True)
class Parts:
    """One of each; people None where nobody is to be told apart."""

    detector: Detector
    segmenter: Segmenter
    embedder: Embedder
    people: PeopleSegmenter | None = None
    read_attributes: Callable[[str, NDArray[np.float32]], tuple[Attribute, ...]] = read_nothing


class ComposedModels:
    """The parts as one family. infos: a row of each role, as `describe` gives them."""

    def __init__(self, parts: Parts, infos: Sequence[ModelInfo], device: torch.device, peak_flops: float = 0.0) -> None:
        """peak_flops: FLOP a second that the device could do, 0 where that is not known."""
        self.parts = parts
        self.infos = tuple(infos)
        self.device = device
        self.peak_flops = peak_flops

    def describe(self) -> tuple[ModelInfo, ...]:
        """One row for each role."""
        return self.infos

    def take(self, picture: Image) -> Tensor:
        """A picture (H×W×3) on the device, as uint8 3×H×W."""
        return on_device(picture, self.device)

    def find_garments(self, frames: Sequence[Tensor], prompt: Sequence[str] | None = None) -> list[list[Garment]]:
        """The garments in each frame of `take`, each with its crop on the device.

        prompt: what to look for instead of the settings' words, by a detector with an open vocabulary.
        """
        found = self.parts.detector.detect(frames, prompt)
        masks = self.parts.segmenter.cut_out(frames, [[one.box_xyxy for one in own] for own in found])
        people = self.parts.people.find_people(frames) if self.parts.people else [None] * len(frames)
        return [garments_of(*seen) for seen in zip(frames, found, masks, people, strict=True)]

    def find_people(self, frames: Sequence[Tensor]) -> list[list[CutOut]]:
        """The people in each frame of `take`, the largest first; raises `no_people_finder` without a part for it."""
        if self.parts.people is None:
            raise ModelServerError("no_people_finder", "this family was put together without a model for people")
        return [cut_outs_of(*seen) for seen in zip(frames, self.parts.people.find_people(frames), strict=True)]

    def warm_up(self) -> Mapping[str, int]:
        """The FLOP of one input of each work ("frames", "pictures", "people", "texts"), as `count_flops` counts them.

        All parts run over a made-up keyframe of either kind with four boxes, so that the first request does not pay for
        what kernels cost once. Passes are of one frame each: the memory of larger batches is taken when they come.
        """
        upright, lying = (self.take(np.full((*size, 3), MADE_UP_COLOUR, np.uint8)) for size in KEYFRAMES_HW)
        flops = {
            "frames": count_flops(lambda: self.rehearse(upright)),
            "pictures": count_flops(lambda: self.embed_images([upright])),
        }
        if self.parts.people:
            flops["people"] = count_flops(lambda: self.find_people([upright]))
        try:
            flops["texts"] = count_flops(lambda: self.embed_texts([MADE_UP_TEXT]))
            self.embed_texts([MADE_UP_TEXT])
        except ModelServerError as error:
            if error.code != "no_text_embedder":
                raise
        # Again, since what is compiled does not run while it is counted.
        for frame in (upright, lying):
            self.rehearse(frame)
        return flops

    def rehearse(self, frame: Tensor) -> None:
        """Have every part do what a frame with a garment in each of its quarters would have it do."""
        self.parts.detector.detect([frame])
        boxes = quarters_of(frame)
        self.parts.segmenter.cut_out([frame], [boxes])
        people = self.parts.people.find_people([frame])[0] if self.parts.people else None
        found = [Found(box, "garment", 1.0) for box in boxes]
        garments = garments_of(frame, found, masks_of(frame, boxes), people)
        self.embed_images([frame, *(self.crop(frame, garment) for garment in garments)])

    def crop(self, frame: Tensor, garment: Garment) -> Tensor:  # noqa: ARG002  it was cut out when it was found
        """A garment alone, on grey."""
        if not isinstance(garment.crop, Tensor):
            raise TypeError(f"the {garment.label} was not found by this family, which keeps crops on its device")
        return garment.crop

    def embed_images(self, pictures: Sequence[Tensor]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of pictures on the device."""
        if not pictures:
            return np.zeros((0, self.parts.embedder.dimension), np.float32)
        return np.asarray(self.parts.embedder.embed_images(pictures).cpu().numpy(), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors (N×D) of texts in the space of the pictures."""
        return np.asarray(self.parts.embedder.embed_texts(texts).cpu().numpy(), np.float32)

    def read_attributes(self, label: str, vector: NDArray[np.float32]) -> tuple[Attribute, ...]:
        """What a garment of a type is like, by its vector."""
        return self.parts.read_attributes(label, vector)


def on_device(picture: Image, device: torch.device) -> Tensor:
    """A picture (H×W×3) on a device, as uint8 3×H×W."""
    moved = torch.from_numpy(np.ascontiguousarray(picture)).to(device, non_blocking=True)
    return moved.permute(2, 0, 1).contiguous()


def garments_of(frame: Tensor, found: Sequence[Found], masks: Tensor, people: Tensor | None) -> list[Garment]:
    """Garments of what was found in a frame, of which a mask covers something."""
    covers = masks.flatten(1).any(1) if len(found) else torch.zeros(0, dtype=torch.bool)
    kept = [one for one, is_kept in zip(found, covers.tolist(), strict=True) if is_kept]
    masks = masks[covers.to(masks.device)] if len(found) else masks
    wearers = [None] * len(kept) if people is None else assign_wearers(masks, people, MIN_HELD_SHARE)
    crops = crops_on_grey(frame, masks) if kept else []
    on_processor = masks.cpu().numpy()
    return [
        Garment(one.label, wearer, one.score, one.box_xyxy, mask, crop=crop)
        for one, wearer, mask, crop in zip(kept, wearers, on_processor, crops, strict=True)
    ]


def cut_outs_of(frame: Tensor, people: Tensor) -> list[CutOut]:
    """People (bool P×H×W, none empty) cut out of a frame on its device; masks and pictures come to the processor."""
    boxes: list[list[float]] = mask_boxes(people).float().tolist() if len(people) else []
    return [
        CutOut((x0, y0, x1, y1), mask, on_white(frame, person).permute(1, 2, 0).cpu().numpy())
        for (x0, y0, x1, y1), mask, person in zip(boxes, people.cpu().numpy(), people, strict=True)
    ]


def quarters_of(frame: Tensor) -> list[Box]:
    """The boxes of a frame's four quarters."""
    height, width = frame.shape[-2:]
    middle_x, middle_y = width // 2, height // 2
    sides_x, sides_y = ((0, middle_x), (middle_x, width)), ((0, middle_y), (middle_y, height))
    return [(float(x0), float(y0), float(x1), float(y1)) for y0, y1 in sides_y for x0, x1 in sides_x]


def masks_of(frame: Tensor, boxes: Sequence[Box]) -> Tensor:
    """Masks (bool N×H×W, on the device) that cover boxes of whole pixels."""
    masks = torch.zeros((len(boxes), *frame.shape[-2:]), dtype=torch.bool, device=frame.device)
    for mask, box in zip(masks, boxes, strict=True):
        x0, y0, x1, y1 = map(int, box)
        mask[y0:y1, x0:x1] = True
    return masks
