"""What can be said of the large models without any of their files."""

import subprocess
import sys

import pytest

from serve_app.errors import ModelServerError
from serve_app.models.large.table import (
    EXPORTED,
    LARGE_MODELS,
    MODEL_TYPES,
    NO_LICENCE,
    ROLES,
    TOWERS,
    LargeModel,
    find_model,
)

PERMISSIVE = {"Apache-2.0", "MIT"}
rows = pytest.mark.parametrize("model", LARGE_MODELS, ids=lambda model: model.name)


@pytest.mark.parametrize("name", ["sam2.1-base-plus", "facebook/sam2.1-hiera-base-plus", "SAM2.1-Base-Plus"])
def test_a_model_is_found_by_its_name_and_by_its_hub_id(name: str) -> None:
    model = find_model(name)
    assert (model.name, model.role, model.architecture) == ("sam2.1-base-plus", "segmenter", "sam2")


@pytest.mark.parametrize("name", ["", "sam", "facebook/sam2.1-hiera", "embedded"])
def test_a_name_that_is_not_known_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(ModelServerError, match=r"known: grounding-dino-tiny, .*, or the path of a folder") as caught:
        find_model(name)
    assert caught.value.code == "bad_setting"
    assert repr(name) in caught.value.message


def test_names_and_hub_ids_are_unlike_each_other() -> None:
    assert len({model.name.lower() for model in LARGE_MODELS}) == len(LARGE_MODELS)
    assert len({model.repository.lower() for model in LARGE_MODELS}) == len(LARGE_MODELS)


def test_every_role_has_a_model() -> None:
    assert {model.role for model in LARGE_MODELS} == set(ROLES.values())
    # Folders of ONNX files have no config.json to tell a type.
    assert set(MODEL_TYPES.values()) == set(ROLES) - {EXPORTED, TOWERS}


@rows
def test_weights_may_be_used_for_business_or_a_caution_says_otherwise(model: LargeModel) -> None:
    assert model.licence in PERMISSIVE or (model.licence == NO_LICENCE and model.caution)


@rows
def test_embedders_and_only_they_have_a_dimension(model: LargeModel) -> None:
    assert (model.dimension is not None) == (model.role == "embedder")


@rows
def test_a_row_says_what_it_takes(model: LargeModel) -> None:
    assert model.memory_bytes == pytest.approx(2e6 * model.parameters_m + model.activation_bytes)
    assert model.activation_bytes > 0 and model.input_wh is not None
    assert "reelwear[models]" in model.needs and ("GPU" in model.needs) == model.is_gpu_advised
    assert model.files[0] == "config.json" and not any("*" in name for name in model.files)
    assert model.repository.count("/") == 1


def test_the_table_and_the_pull_load_neither_torch_nor_what_comes_with_it() -> None:
    code = (
        "import sys, serve_app.models.large.pull\n"
        "heavy = {'torch', 'transformers', 'safetensors', 'huggingface_hub', 'ray'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
