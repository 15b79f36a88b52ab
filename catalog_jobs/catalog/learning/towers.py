"""Our own embedder under training, from the ONNX files that ship: their weights are read, trained and put back.

The files keep the image tower's weights as halves, with its batch norms folded away, and the text tower's in bytes. The
image tower is trained as it is, without batch norms. Of the text tower only the words head is; the sentence encoder
before it stays, and is run by ONNX Runtime.
"""

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from catalog_jobs.catalog.learning.facts import Match
from catalog_jobs.catalog.learning.learner import set_trained, tensors_of
from catalog_jobs.catalog.learning.losses import spread_loss
from catalog_jobs.catalog.learning.options import FinetuneOptions, Layers
from catalog_jobs.catalog.learning.weights import (
    HEAD_PREFIX,
    IMAGES_PREFIX,
    arrays_of,
    put_weights,
    read_graph,
    restore_head,
    restore_tower,
)
from catalog_jobs.embedder.network import DIMENSION, TEXT_DIMENSION, WORDS_DIMENSION, ImageTower, WordsHead
from catalog_jobs.graphs import version_of
from serve_app.models.image_text import IMAGE_TEXT, MAX_TOKENS, Towers
from serve_app.models.pictures import Image, letterbox

IMAGE_FILE, TEXT_FILE, TOKENIZER_FILE, FITTED_FILE = IMAGE_TEXT.files
FIRST_WEIGHT: Final = f"{HEAD_PREFIX}layers.0.weight"
# Of the projections alone, and of the whole image tower. Of the former the reciprocal rank of captions rose from 0.713
# to 0.751 at 1e-4, to 0.763 at 3e-4 and to 0.797 at 1e-3, over four splits of the drawn shop in 8 epochs.
RATES: Final[Mapping[Layers, float]] = {"last": 1e-3, "all": 1e-4}


class Trained(nn.Module):
    """What is trained: the image tower, the words head, and the scale of cosines."""

    def __init__(self, tower: ImageTower, head: WordsHead, scale: float) -> None:
        super().__init__()
        self.tower = tower
        self.head = head
        self.logit_scale = nn.Parameter(torch.tensor(math.log(scale)))


class TowersLearner:
    """See `learner.Learner`."""

    family = "reelwear"

    def __init__(self, folder: Path, options: FinetuneOptions, device: torch.device) -> None:
        """Raises ModelServerError for files that are none of ours."""
        self.folder, self.device = folder, device
        self.layers: Layers = options.layers or "last"
        self.rate = RATES[self.layers]
        self._graphs = {name: read_graph(folder / name) for name in (IMAGE_FILE, TEXT_FILE)}
        self._properties = {entry.key: entry.value for entry in self._graphs[IMAGE_FILE].metadata_props}
        self.version = self._properties["version"]
        self.side_px = int(self._properties["side_px"])
        scale = class_scale(folder) if options.temperature is None else 1 / options.temperature
        self._trained = Trained(restore_tower(self._graphs[IMAGE_FILE]), restore_head(self._graphs[TEXT_FILE]), scale)
        self.module: nn.Module = self._trained.to(device)
        self._sentences = SentenceReader(self._graphs[TEXT_FILE], folder / TOKENIZER_FILE)
        self.scale_parameters: Sequence[nn.Parameter] = [self._trained.logit_scale]
        tower = self._trained.tower
        set_trained(tower.parameters(), self.layers == "all")
        set_trained(tower.norm.parameters(), False)
        set_trained([*tower.project.parameters(), *self._trained.head.parameters()], True)
        set_trained(self.scale_parameters, options.learns_temperature)

    def images(self, pictures: Sequence[Image]) -> Tensor:
        """Unit vectors (B×384)."""
        tower = self._trained.tower
        squares = np.stack([letterbox(picture, self.side_px) for picture in pictures])
        pixels = torch.from_numpy(squares).to(self.device).permute(0, 3, 1, 2).float()
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            with torch.no_grad():
                begun = tower.front(pixels)
            with torch.set_grad_enabled(torch.is_grad_enabled() and self.layers == "all"):
                features = tower.features(*begun)
        return tower.vectors(features.float())

    def texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (B×384), whose part for looks is empty."""
        read = torch.from_numpy(self._sentences.read(texts)).to(self.device)
        words = functional.normalize(self._trained.head.layers(read), dim=1)
        return functional.pad(words, (0, DIMENSION - WORDS_DIMENSION))

    def loss(self, texts: Tensor, images: Tensor, match: Match) -> Tensor:
        """Cross-entropy both ways."""
        belongs, counts = tensors_of(match, self.device)
        return spread_loss(texts @ images.T, belongs, counts, self._trained.logit_scale.exp())

    def train(self, is_training: bool) -> None:
        """Dropout before the projection; the norm keeps the statistics of its training."""
        self._trained.eval()
        self._trained.tower.dropout.train(is_training)

    def after_step(self) -> None:
        """Nothing to keep."""

    def temperature(self) -> float:
        """Of the fit of class words, or as it was set or learnt."""
        return float(1 / self._trained.logit_scale.detach().exp())

    def save(self, folder: Path) -> None:
        """Both graphs with the trained weights, the tokenizer, and what was fitted for the model before."""
        tower = {f"{IMAGES_PREFIX}{name}": values for name, values in arrays_of(self._trained.tower)}
        head = {f"{HEAD_PREFIX}{name}": values for name, values in arrays_of(self._trained.head)}
        paths = []
        for name, values in ((IMAGE_FILE, tower), (TEXT_FILE, head)):
            graph = onnx.ModelProto()
            graph.CopyFrom(self._graphs[name])
            put_weights(graph, values)
            (folder / name).write_bytes(graph.SerializeToString())
            paths.append(folder / name)
        version = version_of(*paths)
        for path in paths:
            graph = onnx.load(path)
            for entry in graph.metadata_props:
                entry.value = version if entry.key == "version" else entry.value
            path.write_bytes(graph.SerializeToString())
        shutil.copyfile(self.folder / TOKENIZER_FILE, folder / TOKENIZER_FILE)
        fitted = json.loads((self.folder / FITTED_FILE).read_text("utf-8")) | {"model_version": version}
        (folder / FITTED_FILE).write_text(json.dumps(fitted, indent=1, ensure_ascii=False) + "\n", "utf-8")

    def served(self, folder: Path, pictures: Sequence[Image], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """By the towers as they are served."""
        towers = Towers(folder)
        return torch.from_numpy(towers.embed_images(pictures)), torch.from_numpy(towers.embed_texts(texts))


class SentenceReader:
    """What the words head is given for a text, each read once; the graph before the head, run by ONNX Runtime."""

    def __init__(self, text_tower: onnx.ModelProto, tokenizer_file: Path) -> None:
        first = next(node for node in text_tower.graph.node if FIRST_WEIGHT in node.input)
        self._output = first.input[0]
        before = onnx.ModelProto()
        before.CopyFrom(text_tower)
        del before.graph.output[:]
        output = helper.make_tensor_value_info(self._output, onnx.TensorProto.FLOAT, ("batch", TEXT_DIMENSION))
        before.graph.output.append(output)
        self._session = onnxruntime.InferenceSession(before.SerializeToString(), providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._known: dict[str, NDArray[np.float32]] = {}

    def read(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text."""
        for text in set(texts) - self._known.keys():
            encoded = self._tokenizer.encode(text)
            feed = {"tokens": np.array([encoded.ids], np.int64), "mask": np.array([encoded.attention_mask], np.int64)}
            self._known[text] = self._session.run([self._output], feed)[0][0]
        return np.stack([self._known[text] for text in texts])


def class_scale(folder: Path) -> float:
    """What was fitted for cosines of pictures and words of several classes."""
    return float(json.loads((folder / FITTED_FILE).read_text("utf-8"))["class_scale"])
