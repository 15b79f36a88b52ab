"""A tiny CLIP with random weights, saved as the hub saves models and loaded back."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="hub models need torch: pip install 'reelwear[models]'")
transformers = pytest.importorskip(
    "transformers", reason="hub models need transformers: pip install 'reelwear[models]'"
)

from catalog_jobs.evaluate.embedders import load_embedder  # noqa: E402

# transformers warns that torchvision is not there; Pillow does its work.
pytestmark = pytest.mark.filterwarnings("ignore")

PICTURES = [np.random.default_rng(i).integers(0, 256, (40 + i, 30, 3), np.uint8) for i in range(18)]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of 32 numbers a layer, its tokenizer of single letters, and its image processor."""
    folder = tmp_path_factory.mktemp("hub") / "tiny-clip"
    folder.mkdir()
    letters = [chr(code) for code in range(97, 123)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    part = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config={
            **part,
            "vocab_size": len(words),
            "max_position_embeddings": 24,
            "bos_token_id": 0,
            "eos_token_id": 1,
        },
        vision_config={**part, "image_size": 32, "patch_size": 16},
        projection_dim=24,
    )
    torch.manual_seed(0)
    transformers.CLIPModel(config).save_pretrained(folder)
    tokenizer = transformers.CLIPTokenizer.from_pretrained(folder)
    size = {"shortest_edge": 32}
    processor = transformers.CLIPImageProcessor(size=size, crop_size={"height": 32, "width": 32})
    transformers.CLIPProcessor(processor, tokenizer).save_pretrained(folder)
    return folder


def test_a_clip_of_a_folder_embeds_pictures_and_texts_into_one_space(tiny: Path) -> None:
    embedder = load_embedder(f"transformers:{tiny}", threads=1)
    images, texts = embedder.embed_images(PICTURES), embedder.embed_texts(["a red dress", "shoes"])
    assert (embedder.name, embedder.dimension, len(embedder.version)) == ("tiny-clip", 24, 12)
    assert images.shape == (18, 24)
    assert texts.shape == (2, 24)
    assert np.linalg.norm(images, axis=1) == pytest.approx(np.ones(18), abs=1e-5)
    assert np.linalg.norm(texts, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    assert embedder.class_scale == pytest.approx(np.exp(2.6592), rel=1e-3)
    assert embedder.words is None
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, 24)


def test_a_batch_changes_no_vector(tiny: Path) -> None:
    embedder = load_embedder(f"transformers:{tiny}", threads=1)
    texts = ["a", "a very long text about shoes"]
    assert embedder.embed_texts(texts)[0] == pytest.approx(embedder.embed_texts(texts[:1])[0], abs=1e-5)
    assert embedder.embed_images(PICTURES)[17] == pytest.approx(embedder.embed_images(PICTURES[17:])[0], abs=1e-5)


def test_weights_that_are_no_safetensors_are_refused(tiny: Path, tmp_path: Path) -> None:
    for file in tiny.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"transformers cannot load .*safetensors"):
        load_embedder(f"transformers:{tmp_path}", threads=1)
