"""Which models settings may name together, and that their files must be there."""

from pathlib import Path

import pytest

from serve_app.config import ServeSettings
from serve_app.errors import ModelServerError
from serve_app.models.large.choice import chosen


def settings(tmp_path: Path, **named: str) -> ServeSettings:
    return ServeSettings(models_dir=tmp_path, **named)  # type: ignore[arg-type]


def test_the_models_of_the_package_need_no_choice(tmp_path: Path) -> None:
    assert chosen(settings(tmp_path)) == {}


@pytest.mark.parametrize(
    ("named", "said"),
    [
        pytest.param({"embedder": "nothing-like-it"}, "for this role: embedded, fashion-clip", id="unknown"),
        pytest.param({"embedder": "yolos-fashionpedia"}, "another role (detector)", id="another role"),
        pytest.param({"embedder": "fashion-clip"}, "reelwear models pull fashion-clip", id="files not there"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_its_setting(tmp_path: Path, named: dict[str, str], said: str) -> None:
    with pytest.raises(ModelServerError) as refused:
        chosen(settings(tmp_path, **named))
    assert refused.value.code == "bad_setting"
    assert said in refused.value.message
