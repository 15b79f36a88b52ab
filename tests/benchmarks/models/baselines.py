"""What the server is held against, on the same device with the same weights: our parts in a bare loop, and the way of
the projects before this one, which look at one frame and one crop at a time.
"""

import io
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, normalize
from transformers import AutoTokenizer, CLIPModel, GroundingDinoForObjectDetection, GroundingDinoProcessor, Sam2Model
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil

from serve_app.config import ServeSettings
from serve_app.models.large.composed import ComposedModels, Parts, on_device
from serve_app.models.large.crops import crops_on_grey
from serve_app.models.large.phrases import DEFAULT_PHRASES
from serve_app.models.large.wiring import load_large
from serve_app.models.pictures import MASKED_FILL, read_picture
from tests.benchmarks.models.random_models import BOXES_A_FRAME, Folders
from tests.serve_app.models.large.tiny_segmenters import PICTURE_SETTINGS

# The thresholds of the project that ran Grounding DINO.
BOX_THRESHOLD: Final = 0.4
TEXT_THRESHOLD: Final = 0.3
PROMPT: Final = " ".join(f"{phrase}." for phrase in DEFAULT_PHRASES)
MAX_PIXELS: Final = 8192 * 4608


def fps_of(look: Callable[[int], int], seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """Keyframes a second over some seconds, one call at least. look: takes the number of the call, and says how many
    keyframes it has looked at.
    """
    seen, calls, began_s, spent_s = 0, 0, clock(), 0.0
    while not calls or spent_s < seconds:
        seen += look(calls)
        calls += 1
        spent_s = clock() - began_s
    return seen / spent_s


@dataclass(frozen=True, eq=False)
class BareLoop:
    """The server's own parts, called directly. batches: of frames (uint8 3×H×W) that lie on the device already."""

    parts: Parts
    batches: Sequence[Sequence[Tensor]]

    @classmethod
    def load(cls, folders: Folders, device: str, jpegs: Sequence[bytes], frames_a_batch: int) -> Self:
        """With as many frames at once as the server takes."""
        settings = ServeSettings(
            detector=str(folders.detector),
            segmenter=str(folders.segmenter),
            embedder=str(folders.embedder),
            device=device,
        )
        models = load_large(settings)
        if not isinstance(models, ComposedModels):
            raise TypeError("the folders hold no detector, segmenter and embedder")
        frames = [on_device(read_picture(jpeg, MAX_PIXELS), models.device) for jpeg in jpegs]
        starts = range(0, len(frames) - frames_a_batch + 1, frames_a_batch)
        return cls(models.parts, [frames[start : start + frames_a_batch] for start in starts])

    def look(self, call: int) -> int:
        """Boxes, masks and vectors of one batch; the vectors, of each frame and of each crop, leave the device."""
        frames = self.batches[call % len(self.batches)]
        found = self.parts.detector.detect(frames)
        check_count([len(own) for own in found])
        masks = self.parts.segmenter.cut_out(frames, [[one.box_xyxy for one in own] for own in found])
        crops = [crop for frame, own in zip(frames, masks, strict=True) for crop in crops_on_grey(frame, own)]
        self.parts.embedder.embed_images([*frames, *crops]).cpu()
        return len(frames)


@dataclass(frozen=True, eq=False)
class SeedsWay:
    """Plain transformers: its processors on the CPU, one frame, then one crop at a time, half precision by autocast on
    a GPU. It embeds the crops alone, where the server embeds each whole frame too.
    """

    detector: Any
    detector_processor: Any
    segmenter: Any
    embedder: Any
    embedder_processor: Any
    device: torch.device
    jpegs: Sequence[bytes]

    @classmethod
    def load(cls, folders: Folders, device: torch.device, jpegs: Sequence[bytes]) -> Self:
        """The models of the folders as `from_pretrained` gives them."""
        pictures = GroundingDinoImageProcessorPil.from_pretrained(folders.detector)
        tokenizer = AutoTokenizer.from_pretrained(folders.detector, local_files_only=True)
        return cls(
            plain(GroundingDinoForObjectDetection, folders.detector, device),
            GroundingDinoProcessor(pictures, tokenizer),  # type: ignore[no-untyped-call]
            plain(Sam2Model, folders.segmenter, device),
            plain(CLIPModel, folders.embedder, device),
            CLIPImageProcessorPil.from_pretrained(folders.embedder),
            device,
            jpegs,
        )

    def look(self, call: int) -> int:
        """Boxes, masks and vectors of one frame."""
        picture = Image.open(io.BytesIO(self.jpegs[call % len(self.jpegs)])).convert("RGB")
        with torch.inference_mode(), self.in_half():
            boxes = self.detect(picture)
            check_count([len(boxes)])
            masks = self.cut_out(picture, boxes)
            for box, mask in zip(boxes.tolist(), masks, strict=True):
                self.embed(picture, box, mask)
        return 1

    def in_half(self) -> AbstractContextManager[object]:
        """Autocast to float16 on a GPU, nothing on a CPU."""
        return torch.autocast("cuda", torch.float16) if self.device.type == "cuda" else nullcontext()

    def detect(self, picture: Image.Image) -> Tensor:
        """Boxes (N×4, corners in pixels) of one picture."""
        inputs = self.detector_processor(images=picture, text=PROMPT, return_tensors="pt").to(self.device)
        (found,) = self.detector_processor.post_process_grounded_object_detection(
            self.detector(**inputs),
            inputs["input_ids"],
            threshold=BOX_THRESHOLD,
            text_threshold=TEXT_THRESHOLD,
            target_sizes=[picture.size[::-1]],
        )
        boxes: Tensor = found["boxes"]
        return boxes

    def cut_out(self, picture: Image.Image, boxes: Tensor) -> NDArray[np.bool_]:
        """Masks (N×H×W) of boxes. The processor of SAM 2 needs torchvision; Pillow and NumPy do the same here."""
        side_px = self.segmenter.config.prompt_encoder_config.image_size
        square = np.asarray(picture.resize((side_px, side_px), Image.Resampling.BILINEAR), np.float32) / 255
        mean, std = (np.array(PICTURE_SETTINGS[name], np.float32) for name in ("image_mean", "image_std"))
        pixels = torch.from_numpy(((square - mean) / std).transpose(2, 0, 1))[None].to(self.device)
        scale = boxes.new_tensor([side_px / picture.width, side_px / picture.height]).repeat(2)
        answer = self.segmenter(pixel_values=pixels, input_boxes=(boxes * scale)[None], multimask_output=False)
        logits = interpolate(answer.pred_masks[0].float(), picture.size[::-1], mode="bilinear", align_corners=False)
        return np.asarray((logits[:, 0] > 0).cpu().numpy(), np.bool_)

    def embed(self, picture: Image.Image, box: Sequence[float], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The vector of what a mask shows inside a box."""
        masked = np.where(mask[..., None], np.asarray(picture), np.uint8(MASKED_FILL))
        crop = Image.fromarray(masked).crop(tuple(map(round, box)))  # type: ignore[arg-type] # it has four numbers
        inputs = self.embedder_processor(images=crop, return_tensors="pt").to(self.device)
        vector = normalize(self.embedder.get_image_features(**inputs).pooler_output.float(), dim=-1)
        return np.asarray(vector[0].cpu().numpy(), np.float32)


def plain(kind: Any, folder: object, device: torch.device) -> Any:
    """A model of a folder in float32, ready to infer."""
    return kind.from_pretrained(folder, local_files_only=True, use_safetensors=True).to(device).eval()


def check_count(counts: Sequence[int]) -> None:
    """Raise RuntimeError unless every frame has its boxes: what is measured then is not the work of real models."""
    if any(count != BOXES_A_FRAME for count in counts):
        raise RuntimeError(f"frames have {list(counts)} boxes, not {BOXES_A_FRAME} each")
