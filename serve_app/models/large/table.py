"""The large models that can be named in a setting, a row each; a further row adds a model. Needs no torch.

Licences are those of the weights, as their hub pages say. Of the CLIPs of ViT-B/32 it is LAION's: OpenAI's own
(openai/clip-vit-base-patch32) states no licence on its page and has no safetensors in its main branch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from serve_app.errors import ModelServerError

Architecture = Literal[
    "grounding-dino", "yolos", "owlv2", "sam2", "rf-detr", "mask2former", "clip", "siglip", "onnx", "towers"
]
LargeRole = Literal["detector", "segmenter", "people", "embedder"]
ROLES: Final[Mapping[Architecture, LargeRole]] = {
    "grounding-dino": "detector",
    "yolos": "detector",
    "owlv2": "detector",
    "sam2": "segmenter",
    "rf-detr": "people",
    "mask2former": "people",
    "clip": "embedder",
    "siglip": "embedder",
    "onnx": "embedder",
    "towers": "embedder",
}
# A folder of ONNX files, which has no config.json.
EXPORTED: Final = "onnx"
# A folder of the files of our own embedder, such as `reelwear catalog finetune` writes.
TOWERS: Final = "towers"
# What the published folders call themselves in config.json; SAM 2.1's are those of its video model.
MODEL_TYPES: Final[Mapping[str, Architecture]] = {
    "grounding-dino": "grounding-dino",
    "yolos": "yolos",
    "owlv2": "owlv2",
    "sam2": "sam2",
    "sam2_video": "sam2",
    "rf_detr": "rf-detr",
    "mask2former": "mask2former",
    "clip": "clip",
    "siglip": "siglip",
}
EXTRA: Final = "pip install 'reelwear[models]'"
# SPDX's word for "nothing is said".
NO_LICENCE: Final = "NOASSERTION"
BYTES_PER_WEIGHT: Final = 2

CONFIG_FILE: Final = "config.json"
PICTURE_FILES: Final = (CONFIG_FILE, "preprocessor_config.json")
TEXT_FILES: Final = ("tokenizer.json", "tokenizer_config.json")
# A tokenizer in the older form of the hub, which has no tokenizer.json.
OLDER_TEXT_FILES: Final = ("vocab.json", "merges.txt", "tokenizer_config.json")
WEIGHTS_FILE: Final = "model.safetensors"
MIB: Final = 1024**2


@dataclass(frozen=True)
class LargeModel:
    """One model.

    repository, revision: on the hub; empty for a folder of one's own. licence: SPDX. parameters_m: millions that an
    image passes. input_wh, image_gflop: the work of one image at this size, 1 multiply-add = 2 FLOP; None where not
    counted. activation_bytes: what one such image takes besides the weights, 0 where not counted. dimension: of an
    embedder's vectors. files: without which it cannot be loaded, besides the weights. caution: what to know before
    using it for business. bytes_per_weight: in memory. folder: where it lies if not in the models folder.

    GFLOP: counted by torch's flop registry over transformers 5.23 (a SAM's without its boxes). Activations: the most
    bytes of tensors alive at once in one forward pass of transformers 5.23 under no_grad, by following every tensor of
    every operation, at two bytes a number; SAM's with four boxes, RF-DETR's those of its base model at 504×504.
    """

    name: str
    architecture: Architecture
    repository: str
    licence: str
    parameters_m: float
    activation_bytes: int
    files: tuple[str, ...]
    input_wh: tuple[int, int] | None = None
    image_gflop: float | None = None
    dimension: int | None = None
    is_gpu_advised: bool = True
    revision: str = "main"
    caution: str = ""
    bytes_per_weight: int = BYTES_PER_WEIGHT
    folder: Path | None = None

    @property
    def role(self) -> LargeRole:
        """What it does."""
        return ROLES[self.architecture]

    @property
    def memory_bytes(self) -> int:
        """Weights, by default in bf16, and the activations of one image; of a batch they are as often more."""
        return round(self.parameters_m * 1e6) * self.bytes_per_weight + self.activation_bytes

    @property
    def needs(self) -> str:
        """What must be there for it, in words."""
        return f"{EXTRA}; a GPU is advised" if self.is_gpu_advised else EXTRA


LARGE_MODELS: Final = (
    LargeModel(
        name="grounding-dino-tiny",
        architecture="grounding-dino",
        repository="IDEA-Research/grounding-dino-tiny",
        licence="Apache-2.0",
        parameters_m=172.3,
        activation_bytes=932 * MIB,
        files=(*PICTURE_FILES, *TEXT_FILES),
        input_wh=(1333, 800),
        image_gflop=816.0,
    ),
    LargeModel(
        name="grounding-dino-base",
        architecture="grounding-dino",
        repository="IDEA-Research/grounding-dino-base",
        licence="Apache-2.0",
        parameters_m=232.3,
        # Counted at 750×1333, and scaled as the tiny one's grows from there.
        activation_bytes=1052 * MIB,
        files=(*PICTURE_FILES, *TEXT_FILES),
        input_wh=(1333, 800),
        image_gflop=1318.0,
    ),
    LargeModel(
        name="yolos-fashionpedia",
        architecture="yolos",
        repository="valentinafeve/yolos-fashionpedia",
        licence=NO_LICENCE,
        parameters_m=30.7,
        activation_bytes=980 * MIB,
        files=PICTURE_FILES,
        input_wh=(1344, 800),
        image_gflop=526.2,
        # The main branch has a pickle alone; this is the hub's own conversion of it.
        revision="refs/pr/2",
        caution="its author states no licence: ask before using it for business",
    ),
    LargeModel(
        name="owlv2-base",
        architecture="owlv2",
        repository="google/owlv2-base-patch16-ensemble",
        licence="Apache-2.0",
        parameters_m=155.0,
        # Attention written out; a GPU's fused kernels hold less.
        activation_bytes=630 * MIB,
        files=(*PICTURE_FILES, *OLDER_TEXT_FILES),
        input_wh=(960, 960),
        image_gflop=1105.0,
    ),
    LargeModel(
        name="sam2.1-tiny",
        architecture="sam2",
        repository="facebook/sam2.1-hiera-tiny",
        licence="Apache-2.0",
        parameters_m=31.4,
        activation_bytes=594 * MIB,
        files=PICTURE_FILES,
        input_wh=(1024, 1024),
        image_gflop=292.7,
    ),
    LargeModel(
        name="sam2.1-small",
        architecture="sam2",
        repository="facebook/sam2.1-hiera-small",
        licence="Apache-2.0",
        parameters_m=38.5,
        activation_bytes=608 * MIB,
        files=PICTURE_FILES,
        input_wh=(1024, 1024),
        image_gflop=360.4,
    ),
    LargeModel(
        name="sam2.1-base-plus",
        architecture="sam2",
        repository="facebook/sam2.1-hiera-base-plus",
        licence="Apache-2.0",
        parameters_m=73.3,
        activation_bytes=1166 * MIB,
        files=PICTURE_FILES,
        input_wh=(1024, 1024),
        image_gflop=647.8,
    ),
    LargeModel(
        name="sam2.1-large",
        architecture="sam2",
        repository="facebook/sam2.1-hiera-large",
        licence="Apache-2.0",
        parameters_m=216.9,
        activation_bytes=1391 * MIB,
        files=PICTURE_FILES,
        input_wh=(1024, 1024),
        image_gflop=1825.0,
    ),
    LargeModel(
        name="rf-detr-seg-small",
        architecture="rf-detr",
        repository="Roboflow/rf-detr-seg-small",
        licence="Apache-2.0",
        parameters_m=33.7,
        activation_bytes=117 * MIB,
        files=PICTURE_FILES,
        input_wh=(384, 384),
    ),
    LargeModel(
        name="rf-detr-seg-medium",
        architecture="rf-detr",
        repository="Roboflow/rf-detr-seg-medium",
        licence="Apache-2.0",
        parameters_m=35.7,
        activation_bytes=117 * MIB,
        files=PICTURE_FILES,
        input_wh=(432, 432),
    ),
    LargeModel(
        name="fashion-clip",
        architecture="clip",
        repository="patrickjohncyh/fashion-clip",
        licence="MIT",
        parameters_m=151.3,
        activation_bytes=163 * MIB,
        files=(*PICTURE_FILES, *TEXT_FILES),
        input_wh=(224, 224),
        image_gflop=8.82,
        dimension=512,
        is_gpu_advised=False,
    ),
    LargeModel(
        name="clip-vit-b-32",
        architecture="clip",
        repository="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        licence="MIT",
        parameters_m=151.3,
        activation_bytes=163 * MIB,
        files=(*PICTURE_FILES, *TEXT_FILES),
        input_wh=(224, 224),
        image_gflop=8.82,
        dimension=512,
        is_gpu_advised=False,
    ),
    LargeModel(
        name="marqo-fashion-siglip",
        architecture="siglip",
        repository="Marqo/marqo-fashionSigLIP",
        licence="Apache-2.0",
        parameters_m=203.2,
        activation_bytes=176 * MIB,
        # Its config.json says next to nothing; open_clip's describes the network.
        files=(*PICTURE_FILES, *TEXT_FILES, "open_clip_config.json"),
        input_wh=(224, 224),
        image_gflop=35.4,
        dimension=768,
        is_gpu_advised=False,
    ),
)


def find_model(name: str) -> LargeModel:
    """The row of a name or a hub id, upper and lower case alike; raises `bad_setting` with the known names."""
    for model in LARGE_MODELS:
        if name.lower() in (model.name.lower(), model.repository.lower()):
            return model
    known = ", ".join(model.name for model in LARGE_MODELS)
    raise ModelServerError("bad_setting", f"no large model is called {name!r}; known: {known}, or the path of a folder")
