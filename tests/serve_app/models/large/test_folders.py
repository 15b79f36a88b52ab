"""Folders of models as they lie on the disk: whole, incomplete, damaged, and those that would run code."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from serve_app.errors import ModelServerError
from serve_app.models.large.folders import (
    RECEIPT_FILE,
    Receipt,
    choose_model,
    folder_of,
    models_dir_of,
    require_folder,
    state_of,
    verify,
)
from serve_app.models.large.table import find_model
from serve_app.models.manifest import FileEntry
from tests.serve_app.models.large.hub import COMMIT, TINY, safetensors

WEIGHTS = "model.safetensors"
TEXTS = ("tokenizer.json", "tokenizer_config.json")
OLDER_TEXTS = ("vocab.json", "merges.txt", "tokenizer_config.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """TINY, copied by hand."""
    return write(tmp_path / "tiny", {"model_type": "yolos"})


def write(folder: Path, config: dict[str, object], *more: str) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / WEIGHTS).write_bytes(safetensors())
    for name in ("preprocessor_config.json", *more):
        (folder / name).write_text("{}")
    return folder


def give_receipt(folder: Path, **changes: str) -> Receipt:
    files = {path.name: FileEntry.of(path) for path in folder.iterdir()}
    told = {"name": "tiny", "repository": "acme/tiny", "revision": "main", "commit": COMMIT}
    receipt = Receipt.model_validate(told | changes | {"files": files})
    (folder / RECEIPT_FILE).write_text(receipt.model_dump_json())
    return receipt


def refusal(folder: Path) -> str:
    with pytest.raises(ModelServerError) as caught:
        require_folder(TINY, folder.parent)
    assert caught.value.code == "bad_setting"
    assert caught.value.message.startswith("tiny: ")
    return caught.value.message


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"REELWEAR_MODELS_DIR": "/models", "XDG_CACHE_HOME": "/cache"}, Path("/models")),
        ({"REELWEAR_MODELS_DIR": "~/models"}, Path.home() / "models"),
        ({"XDG_CACHE_HOME": "/cache"}, Path("/cache/reelwear/models")),
        ({"REELWEAR_MODELS_DIR": "", "XDG_CACHE_HOME": ""}, Path.home() / ".cache/reelwear/models"),
    ],
)
def test_the_models_folder_is_the_chosen_one_or_in_the_users_cache(environment: dict[str, str], wanted: Path) -> None:
    assert models_dir_of(environment) == wanted


def test_a_model_brought_by_hand_is_taken(folder: Path) -> None:
    assert require_folder(TINY, folder.parent) == folder == folder_of(TINY, folder.parent)
    assert state_of(TINY, folder.parent) == "by hand"
    assert verify(TINY, folder.parent) is None


def test_a_model_that_was_pulled_is_taken_as_its_receipt_says(folder: Path) -> None:
    receipt = give_receipt(folder)
    assert require_folder(TINY, folder.parent) == folder
    assert state_of(TINY, folder.parent) == "pulled"
    assert verify(TINY, folder.parent) == receipt
    assert receipt.size_bytes == sum((folder / name).stat().st_size for name in receipt.files)


def test_a_model_that_is_not_there_is_named_with_both_ways_to_bring_it(tmp_path: Path) -> None:
    with pytest.raises(ModelServerError) as caught:
        require_folder(find_model("yolos-fashionpedia"), tmp_path)
    folder = tmp_path / "yolos-fashionpedia"
    assert caught.value.message == (
        f"yolos-fashionpedia: {folder} is not there; run `reelwear models pull yolos-fashionpedia`; without a network, "
        "copy config.json, preprocessor_config.json, model.safetensors from "
        f"https://huggingface.co/valentinafeve/yolos-fashionpedia/tree/refs/pr/2 into {folder}"
    )
    assert state_of(find_model("yolos-fashionpedia"), tmp_path) == "not here"


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json", WEIGHTS])
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{folder} lacks {name}; run `reelwear models pull tiny`" in refusal(folder)
    assert state_of(TINY, folder.parent) == "incomplete"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(safetensors()[:-1], id="cut short"),
        pytest.param(safetensors() + b"?", id="too long"),
        pytest.param(b"", id="empty"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", id="git's pointer to it"),
        pytest.param(b"\x02\0\0\0\0\0\0\0[]", id="a list"),
        pytest.param(b"\x07\0\0\0\0\0\0\0" + b'{"a":1}', id="no tensors"),
        pytest.param(b"<html>please log in</html>", id="a web page"),
    ],
)
def test_weights_that_are_not_whole_are_seen_without_a_receipt(folder: Path, content: bytes) -> None:
    (folder / WEIGHTS).write_bytes(content)
    assert f"{folder / WEIGHTS} is not whole" in refusal(folder)


def test_pickles_are_refused_by_name(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    (folder / "best.pt").touch()
    assert "best.pt, pytorch_model.bin, which may run code when read: safetensors only" in refusal(folder)


def test_pickles_beside_safetensors_do_not_matter(folder: Path) -> None:
    (folder / "pytorch_model.bin").touch()
    assert require_folder(TINY, folder.parent)


def test_weights_may_lie_in_parts(folder: Path) -> None:
    parts = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    (folder / WEIGHTS).rename(folder / parts[0])
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": parts[0], "b": parts[1]}}))
    assert f"lacks {parts[1]}" in refusal(folder)
    (folder / parts[1]).write_bytes(safetensors())
    assert require_folder(TINY, folder.parent)


@pytest.mark.parametrize("index", ["{}", '{"weight_map": {"a": "../elsewhere.safetensors"}}', "not json"])
def test_an_index_that_leads_elsewhere_is_refused(folder: Path, index: str) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "model.safetensors.index.json").write_text(index)
    assert "model.safetensors.index.json" in refusal(folder)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS])
def test_a_file_of_another_size_than_was_pulled_is_named(folder: Path, name: str) -> None:
    give_receipt(folder)
    with (folder / name).open("ab") as file:
        file.write(b" ")
    assert f"{folder / name} is {(folder / name).stat().st_size} bytes long; " in refusal(folder)


def test_a_file_that_was_pulled_and_is_gone_is_named_even_if_others_do_without(folder: Path) -> None:
    (folder / "vocab.txt").touch()
    give_receipt(folder)
    (folder / "vocab.txt").unlink()
    assert f"{folder / 'vocab.txt'} is missing; 0 bytes were pulled" in refusal(folder)


def test_a_changed_file_of_the_same_size_is_found_by_its_hash(folder: Path) -> None:
    give_receipt(folder)
    (folder / "preprocessor_config.json").write_text("[]")
    assert require_folder(TINY, folder.parent)
    with pytest.raises(ModelServerError, match=r"tiny: preprocessor_config\.json in .* changed .*models pull tiny"):
        verify(TINY, folder.parent)


def test_a_receipt_of_another_model_is_refused(folder: Path) -> None:
    give_receipt(folder, repository="acme/other")
    assert f"{folder} holds acme/other, not acme/tiny" in refusal(folder)


@pytest.mark.parametrize("content", ["", "{}", "[]"])
def test_a_damaged_receipt_is_refused(folder: Path, content: str) -> None:
    (folder / RECEIPT_FILE).write_text(content)
    assert "reelwear-pull.json cannot be read" in refusal(folder)
    assert state_of(TINY, folder.parent) == "incomplete"


@pytest.mark.parametrize("content", ["", "[]", "not json"])
def test_a_damaged_configuration_is_named(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    assert str(folder / "config.json") in refusal(folder)


def test_a_model_that_brings_code_of_its_own_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "custom", "auto_map": {"AutoModel": "code.Model"}}))
    message = refusal(folder)
    assert "asks to run code of its own (auto_map) for model_type 'custom', which is never done" in message


def test_code_of_its_own_does_not_matter_where_the_type_is_known(tmp_path: Path) -> None:
    siglip = find_model("marqo-fashion-siglip")
    config: dict[str, object] = {"model_type": "siglip", "auto_map": {"AutoModel": "code.Model"}}
    write(tmp_path / siglip.name, config, *TEXTS, "open_clip_config.json")
    assert require_folder(siglip, tmp_path)


def test_a_folder_of_another_architecture_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "clip"}))
    assert "is of model_type 'clip', which is no yolos" in refusal(folder)


def test_the_video_model_of_sam_is_a_sam(tmp_path: Path) -> None:
    write(tmp_path / "sam2.1-tiny", {"model_type": "sam2_video"})
    assert require_folder(find_model("sam2.1-tiny"), tmp_path)


@pytest.mark.parametrize("setting", ["fashion-clip", "patrickjohncyh/fashion-clip"])
def test_a_setting_names_a_row(setting: str) -> None:
    assert choose_model(setting) is find_model("fashion-clip")


def test_a_setting_may_be_a_folder_of_ones_own(tmp_path: Path) -> None:
    clip: dict[str, object] = {"model_type": "clip", "projection_dim": 16, "vision_config": {"hidden_size": 8}}
    folder = write(tmp_path / "our-clip", clip, *TEXTS)
    model = choose_model(str(folder))
    assert (model.name, model.architecture, model.role, model.dimension) == ("our-clip", "clip", "embedder", 16)
    assert (model.folder, model.licence, model.repository) == (folder, "unknown", "")
    assert model.parameters_m == pytest.approx(0.02)
    assert require_folder(model, tmp_path / "elsewhere") == folder


def test_a_folder_may_be_named_from_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert choose_model("tiny") == choose_model("./tiny")
    assert choose_model("tiny").folder == folder


def test_the_dimension_of_a_siglip_is_its_width(tmp_path: Path) -> None:
    config: dict[str, object] = {"model_type": "siglip", "vision_config": {"hidden_size": 24}}
    assert choose_model(str(write(tmp_path / "our-siglip", config, *TEXTS))).dimension == 24


@pytest.mark.parametrize("texts", [TEXTS, OLDER_TEXTS], ids=["newer", "older"])
def test_an_owlv2_of_ones_own_has_its_tokenizer_in_either_form(tmp_path: Path, texts: tuple[str, ...]) -> None:
    folder = write(tmp_path / "our-owl", {"model_type": "owlv2"}, *texts)
    model = choose_model(str(folder))
    assert (model.role, model.files[2:], require_folder(model, tmp_path)) == ("detector", texts, folder)
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(ModelServerError, match=r"lacks tokenizer_config\.json"):
        require_folder(model, tmp_path)


def test_an_incomplete_folder_of_ones_own_is_not_told_to_be_pulled(folder: Path) -> None:
    model = choose_model(str(folder))
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelServerError, match=r"lacks model\.safetensors; bring the files, or name another folder"):
        require_folder(model, folder.parent)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        pytest.param(None, "is no folder", id="missing"),
        pytest.param({"model_type": "gpt2"}, "of model_type 'gpt2'; known: grounding-dino, yolos", id="unknown type"),
        pytest.param({}, "of model_type None", id="no type"),
    ],
)
def test_a_folder_without_a_model_is_refused(tmp_path: Path, config: dict[str, object] | None, told: str) -> None:
    if config is not None:
        write(tmp_path / "ours", config)
    with pytest.raises(ModelServerError, match=told) as caught:
        choose_model(str(tmp_path / "ours"))
    assert caught.value.code == "bad_setting"


def test_a_row_may_be_read_from_elsewhere(folder: Path, tmp_path: Path) -> None:
    assert require_folder(replace(TINY, name="other", folder=folder), tmp_path / "models") == folder
