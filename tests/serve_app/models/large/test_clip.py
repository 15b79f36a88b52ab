"""CLIP and SigLIP of a folder say what plain transformers say."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the large models need torch: pip install 'reelwear[models]'")

from torch import Tensor  # noqa: E402
from transformers import AutoTokenizer, CLIPImageProcessor, SiglipImageProcessor  # noqa: E402

from serve_app.errors import ModelServerError  # noqa: E402
from serve_app.models.large.clip import ClipEmbedder, ClipRules, load_clip  # noqa: E402
from serve_app.models.large.looks import Looks, read_looks  # noqa: E402
from serve_app.models.large.open_clip import siglip_state  # noqa: E402
from tests.serve_app.models.large.tiny_clip import (  # noqa: E402
    DIMENSION,
    MOST_TOKENS,
    OPEN_CLIP_CONFIG,
    OPEN_CLIP_WIDTH,
    PART,
    PICTURES,
    SIDE_PX,
    SIZES_WH,
    TEXTS,
    change_json,
    clip_pictures,
    drawn,
    least_cosine,
    open_clip_state,
    siglip_pictures,
    write_clip,
    write_clip_processor,
    write_json,
    write_open_clip,
    write_siglip,
)

torch.set_num_threads(1)

CPU = torch.device("cpu")
WRITERS: dict[str, Callable[[Path], Any]] = {"clip": write_clip, "siglip": write_siglip, "open_clip": write_open_clip}


@pytest.fixture(scope="module", params=WRITERS)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder and the network that was saved in it."""
    folder = tmp_path_factory.mktemp(request.param)
    return folder, WRITERS[request.param](folder)


def plain_image_vectors(folder: Path, network: Any, pictures: Sequence[Tensor]) -> Tensor:
    """What transformers alone says of pictures, one at a time."""
    kind = CLIPImageProcessor if network.config.model_type == "clip" else SiglipImageProcessor
    processor = kind.from_pretrained(folder)
    rows = []
    for picture in pictures:
        inputs = processor(picture.permute(1, 2, 0).numpy(), return_tensors="pt")
        with torch.no_grad():
            rows.append(network.get_image_features(**inputs).pooler_output)
    vectors: Tensor = torch.nn.functional.normalize(torch.cat(rows), dim=-1)
    return vectors


def plain_text_vectors(folder: Path, network: Any, texts: Sequence[str]) -> Tensor:
    """What transformers alone says of texts, all at once as their family wants them."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    padding = True if network.config.model_type == "clip" else "max_length"
    inputs = tokenizer(list(texts), padding=padding, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
    kept = inputs if network.config.model_type == "clip" else {"input_ids": inputs["input_ids"]}
    with torch.no_grad():
        vectors: Tensor = torch.nn.functional.normalize(network.get_text_features(**kept).pooler_output, dim=-1)
    return vectors


def test_pictures_have_the_vectors_of_plain_transformers_alone_and_together(tiny: tuple[Path, Any]) -> None:
    folder, network = tiny
    embedder = load_clip(folder, CPU)
    wanted = plain_image_vectors(folder, network, PICTURES)
    together = embedder.embed_images(PICTURES)
    alone = torch.cat([embedder.embed_images([picture]) for picture in PICTURES])
    assert float((wanted[0] * wanted[1]).sum()) < 0.99
    assert together.dtype == torch.float32
    assert together.norm(dim=-1).numpy() == pytest.approx(np.ones(len(PICTURES)), abs=1e-5)
    assert least_cosine(together, wanted) > 0.9999
    assert least_cosine(alone, together) > 0.99999


def test_texts_have_the_vectors_of_plain_transformers_alone_and_together(tiny: tuple[Path, Any]) -> None:
    folder, network = tiny
    embedder = load_clip(folder, CPU)
    wanted = plain_text_vectors(folder, network, TEXTS)
    together = embedder.embed_texts(TEXTS)
    alone = torch.cat([embedder.embed_texts([text]) for text in TEXTS])
    assert float((wanted[0] * wanted[1]).sum()) < 0.99
    assert least_cosine(together, wanted) > 0.9999
    assert least_cosine(alone, together) > 0.99999


def test_batches_under_the_limit_change_no_vector(tiny: tuple[Path, Any]) -> None:
    rules = ClipRules(max_batch_pixels=2 * SIDE_PX**2, max_batch_tokens=MOST_TOKENS)
    whole, split = load_clip(tiny[0], CPU), load_clip(tiny[0], CPU, rules=rules)
    assert least_cosine(split.embed_images(PICTURES), whole.embed_images(PICTURES)) > 0.99999
    assert least_cosine(split.embed_texts(TEXTS), whole.embed_texts(TEXTS)) > 0.99999


def test_the_dimension_is_the_files_and_nothing_gives_no_rows(tiny: tuple[Path, Any]) -> None:
    embedder = load_clip(tiny[0], CPU)
    kind = "open_clip" if (tiny[0] / "open_clip_config.json").exists() else tiny[1].config.model_type
    assert embedder.dimension == {"clip": DIMENSION, "siglip": 32, "open_clip": OPEN_CLIP_WIDTH}[kind]
    assert embedder.embed_images([]).shape == embedder.embed_texts([]).shape == (0, embedder.dimension)


def test_halves_stay_near_the_whole(tiny: tuple[Path, Any]) -> None:
    whole, half = load_clip(tiny[0], CPU), load_clip(tiny[0], CPU, torch.bfloat16)
    vectors = half.embed_images(PICTURES)
    assert half.dtype == torch.bfloat16
    assert vectors.dtype == torch.float32
    assert least_cosine(vectors, whole.embed_images(PICTURES)) > 0.99


def test_the_version_changes_with_the_preprocessing(tmp_path: Path) -> None:
    write_clip(tmp_path)
    before = load_clip(tmp_path, CPU).version
    change_json(tmp_path / "preprocessor_config.json", image_mean=[0.4, 0.4, 0.4])
    assert len(before) == 12
    assert load_clip(tmp_path, CPU).version != before


def prepared(looks: Looks, picture: Tensor) -> Tensor:
    """What the network gets of one picture."""
    return looks.numbers(looks.fit(picture[None]))[0]


@pytest.mark.parametrize("size_wh", [*SIZES_WH, (301, 97), (97, 301), (33, 32)])
@pytest.mark.parametrize(("family", "processor"), [("clip", clip_pictures()), ("siglip", siglip_pictures())])
def test_pixels_are_those_of_the_processors_of_transformers(
    family: Any, processor: Any, size_wh: tuple[int, int], tmp_path: Path
) -> None:
    processor.save_pretrained(tmp_path)
    picture = drawn(size_wh, 5)
    wanted = processor(picture.permute(1, 2, 0).numpy(), return_tensors="pt")["pixel_values"][0]
    got = prepared(read_looks(tmp_path, family, SIDE_PX), picture)
    assert got.shape == wanted.shape
    assert float((got - wanted).abs().max()) < 1e-3


def test_a_filter_and_sizes_of_older_files_are_heeded(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "size": 40,
        "crop_size": 32,
        "resample": 2,
        "image_mean": [0.1, 0.2, 0.3],
        "image_std": [0.5, 0.6, 0.7],
    }
    write_json(tmp_path / "preprocessor_config.json", told)
    picture = drawn((90, 50), 3)
    processor = CLIPImageProcessor(**told)
    wanted = processor(picture.permute(1, 2, 0).numpy(), return_tensors="pt")["pixel_values"][0]
    looks = read_looks(tmp_path, "clip", SIDE_PX)
    assert looks.filter_name == "bilinear"
    assert float((prepared(looks, picture) - wanted).abs().max()) < 1e-3


def test_both_processors_may_stand_in_one_file(tmp_path: Path) -> None:
    write_clip(tmp_path)
    before = load_clip(tmp_path, CPU)
    (tmp_path / "preprocessor_config.json").unlink()
    write_clip_processor(tmp_path)
    after = load_clip(tmp_path, CPU)
    assert (tmp_path / "processor_config.json").exists()
    assert after.looks == before.looks


def words_of(folder: Path, text: str) -> str:
    """The letters that the model gets of a text."""
    embedder = load_clip(folder, CPU)
    ids = embedder.words.encode([text])[0].tolist()
    return embedder.words.tokenizer.decode(ids).replace(" ", "").replace("▁", " ").removesuffix("</s>")


def test_a_text_of_open_clip_is_cleaned_as_its_tokenizer_cleans_it(tmp_path: Path) -> None:
    write_open_clip(tmp_path)
    assert words_of(tmp_path, " T-Shirt_in  &amp;amp; “Red”, it’s! ") == "tshirt in red its"


def test_a_text_of_siglip_is_cleaned_where_the_tokenizer_is_its_own(tmp_path: Path) -> None:
    write_siglip(tmp_path)
    before = load_clip(tmp_path, CPU)
    change_json(tmp_path / "tokenizer_config.json", tokenizer_class="SiglipTokenizer")
    assert before.words.rules.cleaning == "none"
    assert words_of(tmp_path, " Red,  DRESS_es! ") == "red dresses"


def test_clip_fills_texts_up_to_few_lengths_and_siglip_to_one(tmp_path: Path) -> None:
    clip, siglip = tmp_path / "clip", tmp_path / "siglip"
    for folder, write in ((clip, write_clip), (siglip, write_siglip)):
        folder.mkdir()
        write(folder)
    lengths = [[len(ids) for ids in load_clip(folder, CPU).words.encode(TEXTS)] for folder in (clip, siglip)]
    assert lengths == [[16, 16, MOST_TOKENS, 16, 16], [MOST_TOKENS] * len(TEXTS)]


@pytest.mark.parametrize(
    ("prefix", "file"),
    [pytest.param("model.", "model.safetensors", id="custom class"), ("", "open_clip_model.safetensors")],
)
def test_both_kinds_of_files_of_open_clip_are_read(prefix: str, file: str, tmp_path: Path) -> None:
    network = write_open_clip(tmp_path, prefix, file)
    got = load_clip(tmp_path, CPU).network.state_dict()
    assert got.keys() == network.state_dict().keys()
    assert all(torch.equal(got[name], value) for name, value in network.state_dict().items())


def test_names_of_open_clip_become_those_of_transformers_and_others_stay(tmp_path: Path) -> None:
    network = write_open_clip(tmp_path)
    theirs = open_clip_state(network)
    assert {"visual.trunk.blocks.1.attn.qkv.weight", "text.transformer.resblocks.0.attn.in_proj_bias"} <= theirs.keys()
    assert not any(name.startswith(("vision_model", "text_model")) for name in theirs)
    state = siglip_state({**theirs, "visual.trunk.unheard_of": torch.zeros(1)})
    assert state.keys() == {*network.state_dict(), "visual.trunk.unheard_of"}


def without(folder: Path, *names: str) -> None:
    """Remove files."""
    for name in names:
        (folder / name).unlink()


def other_open_clip(**changes: object) -> dict[str, Any]:
    """The description of another model of open_clip."""
    told: dict[str, Any] = json.loads(json.dumps(OPEN_CLIP_CONFIG))
    for key, value in changes.items():
        part, _, name = key.partition("__")
        told["model_cfg"][part][name] = value
    return told


@pytest.mark.parametrize(
    ("write", "spoil", "match"),
    [
        pytest.param(
            write_clip,
            lambda folder: without(folder, "model.safetensors"),
            r"holds no \*\.safetensors.*fetch the model's files again",
            id="no safetensors",
        ),
        pytest.param(
            write_clip,
            lambda folder: (folder / "model.safetensors").write_bytes(b"half"),
            "cannot be read as CLIP or SigLIP",
            id="half",
        ),
        pytest.param(
            write_clip,
            lambda folder: change_json(folder / "config.json", model_type="blip"),
            r"holds a model of type 'blip', not CLIP or SigLIP",
            id="another kind",
        ),
        pytest.param(
            write_siglip,
            lambda folder: without(folder, "config.json"),
            r"config\.json cannot be read",
            id="no config",
        ),
        pytest.param(
            write_siglip,
            lambda folder: without(folder, "tokenizer.json"),
            r"tokenizer\.json is missing",
            id="no tokenizer",
        ),
        pytest.param(
            write_siglip,
            lambda folder: (folder / "tokenizer.json").write_text("{}"),
            r"tokenizer\.json cannot be read",
            id="damaged tokenizer",
        ),
        pytest.param(
            write_siglip,
            lambda folder: change_json(folder / "tokenizer_config.json", pad_token="<none>"),
            r"has the pad_token '<none>', unknown to tokenizer\.json",
            id="unknown pad token",
        ),
        pytest.param(
            write_siglip,
            lambda folder: change_json(folder / "tokenizer_config.json", eos_token="<unk>"),
            r"tokenizer\.json ends no text with '<unk>'",
            id="no end mark",
        ),
        pytest.param(
            write_clip,
            lambda folder: without(folder, "preprocessor_config.json"),
            r"preprocessor_config\.json cannot be read",
            id="no preprocessor",
        ),
        pytest.param(
            write_clip,
            lambda folder: change_json(folder / "preprocessor_config.json", image_mean=None),
            r"does not say how to scale pictures \(KeyError: 'image_mean'\)",
            id="no mean",
        ),
        pytest.param(
            write_siglip,
            lambda folder: change_json(folder / "preprocessor_config.json", size={"height": 64, "width": 64}),
            r"makes pictures of \(64, 64\); the network of config\.json takes \(32, 32\)",
            id="another size",
        ),
        pytest.param(
            write_open_clip,
            lambda folder: without(folder, "model.safetensors"),
            r"has neither open_clip_model\.safetensors nor model\.safetensors",
            id="open_clip without safetensors",
        ),
        pytest.param(
            write_open_clip,
            lambda folder: write_json(
                folder / "open_clip_config.json", other_open_clip(vision_cfg__timm_model_name="vit_unheard_of")
            ),
            "describes no known SigLIP.*vit_unheard_of",
            id="another trunk",
        ),
        pytest.param(
            write_open_clip,
            lambda folder: write_json(folder / "open_clip_config.json", other_open_clip(text_cfg__layers=3)),
            r"does not hold what open_clip_config\.json promises",
            id="another depth",
        ),
        pytest.param(
            write_siglip,
            lambda folder: change_json(
                folder / "config.json",
                text_config={**PART, "num_hidden_layers": 3, "vocab_size": 29, "max_position_embeddings": MOST_TOKENS},
            ),
            r"lacks \d+ weights of CLIP or SigLIP, text_model",
            id="weights of fewer layers",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_by_name(
    write: Callable[[Path], Any], spoil: Callable[[Path], Any], match: str, tmp_path: Path
) -> None:
    write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(ModelServerError, match=match) as caught:
        load_clip(tmp_path, CPU)
    assert caught.value.code == "bad_setting"
    assert str(tmp_path) in caught.value.message


def test_an_embedder_is_what_the_families_are_put_together_from(tmp_path: Path) -> None:
    from serve_app.models.large.parts import Embedder

    write_clip(tmp_path)
    embedder: Embedder = load_clip(tmp_path, CPU)
    assert isinstance(embedder, ClipEmbedder)
