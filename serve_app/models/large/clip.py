"""CLIP and SigLIP from a folder, as hubs hold them; what to do with pictures and texts is read from the folder's files.

The folder of Marqo-FashionSigLIP has the weights under open_clip's names. They are put under those of transformers, so
that its standard classes run them and none of the folder's code does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor

from serve_app.models.large.checked_files import bad_files, digest_of, read_object
from serve_app.models.large.looks import PICTURE_CONFIGS, Looks, read_looks
from serve_app.models.large.model_files import load_network
from serve_app.models.large.open_clip import OPEN_CLIP_CONFIG, load_open_clip
from serve_app.models.large.shapes import run_by_shape
from serve_app.models.large.words import TOKENIZER, TOKENIZER_CONFIG, Cleaning, Words, read_words

if TYPE_CHECKING:
    from transformers import CLIPModel, SiglipModel

CONFIG: Final = "config.json"


@dataclass(frozen=True)
class ClipRules:
    """Most pixels (as the model sees them) and most tokens of one forward pass."""

    max_batch_pixels: int = 128 * 224 * 224
    max_batch_tokens: int = 256 * 64


class ClipEmbedder:
    """A CLIP or SigLIP in memory, and the files that its vectors come from."""

    def __init__(
        self,
        network: "CLIPModel | SiglipModel",
        looks: Looks,
        words: Words,
        rules: ClipRules,
        files: Sequence[Path],
    ) -> None:
        self.network = network.eval()  # type: ignore[no-untyped-call]
        self.looks, self.words, self.rules, self.files = looks, words, rules, tuple(files)
        self.device, self.dtype = network.device, network.dtype
        self.dimension = dimension_of(network)

    @cached_property
    def version(self) -> str:
        """Changes with any of its files; all of them are read for it."""
        return digest_of(self.files)

    @torch.inference_mode()
    def embed_images(self, pictures: Sequence[Tensor]) -> Tensor:
        """Unit vectors (N×D float32, on the device) of uint8 3×H×W pictures on it."""
        most = 3 * self.rules.max_batch_pixels
        fitted = run_by_shape(self.fit, pictures, most)
        return vectors_of(self.image_vectors, fitted, most, self.dimension, self.device)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (N×D float32, on the device)."""
        tokens = [ids.to(self.device) for ids in self.words.encode(texts)]
        return vectors_of(self.text_vectors, tokens, self.rules.max_batch_tokens, self.dimension, self.device)

    def fit(self, pictures: Tensor) -> list[Tensor]:
        """The first of three steps: pictures of one size as the model sees them (B of uint8 3×h×w)."""
        return list(self.looks.fit(pictures))

    def image_vectors(self, fitted: Tensor) -> Tensor:
        """Unit vectors (B×D) of what `fit` gave (uint8 B×3×h×w): one forward pass."""
        pixels = self.looks.numbers(fitted).to(self.dtype)
        return unit(self.network.get_image_features(pixel_values=pixels).pooler_output)

    def text_vectors(self, tokens: Tensor) -> Tensor:
        """Unit vectors (B×D) of tokens (int64 B×T): one forward pass."""
        return unit(self.network.get_text_features(input_ids=tokens).pooler_output)


def unit(features: Tensor) -> Tensor:
    """Features (B×D) at length 1, float32."""
    return torch.nn.functional.normalize(features.float(), dim=-1)


def vectors_of(
    run: Callable[[Tensor], Tensor], inputs: Sequence[Tensor], most: int, dimension: int, device: torch.device
) -> Tensor:
    """N×D of N inputs, of which there may be none, in batches of at most so many numbers. run: B×… to B×D."""
    rows = run_by_shape(lambda batch: list(run(batch)), inputs, most)
    return torch.stack(rows) if rows else torch.zeros(0, dimension, device=device)


def dimension_of(network: "CLIPModel | SiglipModel") -> int:
    """Length of the vectors; raises `bad_setting` if those of pictures and of texts differ."""
    config: Any = network.config
    if config.model_type == "clip":
        return int(config.projection_dim)
    images, texts = int(config.vision_config.hidden_size), int(config.text_config.projection_size)
    if images != texts:
        raise bad_files(Path(CONFIG), f"gives pictures {images} numbers and texts {texts}, which share no space")
    return images


def load_clip(
    folder: Path, device: torch.device, dtype: torch.dtype = torch.float32, rules: ClipRules | None = None
) -> ClipEmbedder:
    """A CLIP or SigLIP from its folder: config.json, safetensors, tokenizer.json, preprocessor_config.json.

    A folder of open_clip's SigLIP has open_clip_config.json in place of most of config.json. Raises `bad_setting` for
    a file that is missing, damaged, or not understood.
    """
    if not (folder / OPEN_CLIP_CONFIG).is_file() or "vision_config" in read_object(folder / CONFIG):
        network, files = load_published(folder, dtype)
        cleaning: Cleaning = "none"
    else:
        network, files = load_open_clip(folder, dtype)
        cleaning = "open_clip"
    config: Any = network.config
    looks = read_looks(folder, config.model_type, int(config.vision_config.image_size))
    words = read_words(folder, config.model_type, int(config.text_config.max_position_embeddings), cleaning)
    settings = (folder / name for name in (CONFIG, OPEN_CLIP_CONFIG, *PICTURE_CONFIGS, TOKENIZER, TOKENIZER_CONFIG))
    files += [file for file in settings if file.is_file()]
    return ClipEmbedder(network.to(device), looks, words, rules or ClipRules(), files)  # type: ignore[arg-type]


def load_published(folder: Path, dtype: torch.dtype) -> tuple["CLIPModel | SiglipModel", list[Path]]:
    """A model that transformers wrote, and its weights' files."""
    from transformers import CLIPModel, SiglipModel

    kinds: dict[str, type[Any]] = {"clip": CLIPModel, "siglip": SiglipModel}
    return load_network(folder, kinds, "CLIP or SigLIP", dtype), sorted(folder.glob("*.safetensors"))
