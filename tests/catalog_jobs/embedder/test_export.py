"""The towers as files: the same vectors as torch, small, and loadable by the code that serves them."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the export needs torch: pip install 'reelwear[models]'")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from transformers import BertConfig, BertModel  # noqa: E402

from catalog_jobs.embedder.export import export  # noqa: E402
from catalog_jobs.embedder.network import DIMENSION, WORDS_DIMENSION, ImageTower, WordsHead  # noqa: E402
from catalog_jobs.embedder.sentences import Sentences, minilm_folder  # noqa: E402
from serve_app.models.image_text import Towers  # noqa: E402

# torch warns of its older exporter and traces of it; the newer one needs a package more.
pytestmark = pytest.mark.filterwarnings("ignore")
WORDS = ["[PAD]", "[UNK]", "a", "red", "blue", "dress", "of", "the", "woman", "in", "gown", "crimson", "jacket"]


@pytest.fixture(scope="module")
def sentences_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence encoder of one layer with random weights, laid out as the real one."""
    folder = tmp_path_factory.mktemp("sentences")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=384, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def exported(sentences_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Random towers, exported."""
    torch.manual_seed(1)
    tower, head = ImageTower().train(), WordsHead()
    with torch.no_grad():
        tower(torch.rand(8, 3, 64, 64) * 255)
    folder = tmp_path_factory.mktemp("towers")
    state = {"tower": tower.state_dict(), "head": head.state_dict(), "scales": {}}
    torch.save(state, folder / "embedder.pt")
    made = export(folder / "embedder.pt", folder, sentences_dir, 64)
    return folder, made


def test_the_files_answer_as_torch_does(exported: tuple[Path, dict[str, object]]) -> None:
    _, made = exported
    assert float(str(made["image_cosine"])) > 0.9995
    assert float(str(made["text_cosine"])) > 0.99


def test_the_serving_code_loads_them_and_gets_unit_vectors(exported: tuple[Path, dict[str, object]]) -> None:
    folder, made = exported
    towers = Towers(folder)
    assert towers.version == made["version"]
    assert towers.side_px == 64
    pictures = [np.full((40, 90, 3), 200, np.uint8), np.full((100, 30, 3), 20, np.uint8)]
    vectors = np.concatenate(
        [towers.embed_images(pictures), towers.embed_texts(["red dress", "crimson gown of a woman"])]
    )
    assert vectors.shape == (4, DIMENSION)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_half_of_a_pictures_length_answers_words_and_texts_have_no_other(
    exported: tuple[Path, dict[str, object]],
) -> None:
    towers = Towers(exported[0])
    picture = towers.embed_images([np.full((40, 40, 3), 90, np.uint8)])[0]
    text = towers.embed_texts(["a blue jacket"])[0]
    assert float((picture[:WORDS_DIMENSION] ** 2).sum()) == pytest.approx(0.5, abs=1e-3)
    assert (text[WORDS_DIMENSION:] == 0).all()


def test_weights_of_sentences_that_are_not_there_are_named_with_the_way_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"lacks model\.safetensors"):
        minilm_folder(tmp_path)


def test_a_sentence_is_the_mean_of_its_words_and_padding_counts_nothing(sentences_dir: Path) -> None:
    sentences = Sentences(sentences_dir)
    alone = sentences.read(["red dress"])[0]
    beside = sentences.read(["red dress", "the woman in the light blue denim jacket of a woman"])[0]
    assert torch.allclose(alone, beside, atol=1e-5)
    assert json.loads((sentences_dir / "config.json").read_text())["hidden_size"] == 384
