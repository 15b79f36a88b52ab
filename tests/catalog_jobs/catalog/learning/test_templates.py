"""Templates are data: checked as they are read, and refused by name."""

import json
from pathlib import Path

import pytest

from catalog_jobs.catalog.learning.templates import Template, load_templates
from infra.errors import ErrorCode, ReelwearError


def test_those_that_ship_say_different_things_in_five_ways_or_more() -> None:
    templates = load_templates()
    assert len(templates) >= 5
    assert len({frozenset(one.names) for one in templates}) >= 5
    assert {"color", "fabric", "print", "title", "type"} <= {name for one in templates for name in one.names}


def test_a_phrase_is_filled_with_what_is_known() -> None:
    template = Template.of("{kind} in  {color}, of {color} {fabric}")
    assert template.names == ("kind", "color", "fabric")
    facts = {"kind": "wrap dress", "color": "sage {green}", "fabric": "linen"}
    assert template.fill(facts) == "wrap dress in sage {green}, of sage {green} linen"


@pytest.mark.parametrize(
    ("content", "code", "match"),
    [
        pytest.param("[", ErrorCode.BAD_REQUEST, "is no JSON", id="no JSON"),
        pytest.param('{"a": 1}', ErrorCode.BAD_REQUEST, "holds no list of phrases", id="an object"),
        pytest.param("[]", ErrorCode.BAD_REQUEST, "holds no list of phrases", id="nothing"),
        pytest.param('["{type}", 3]', ErrorCode.BAD_REQUEST, "holds no list of phrases", id="a number"),
        pytest.param('["{type}", "{price}"]', ErrorCode.BAD_REQUEST, "phrase 2 has the name {price}", id="a name"),
        pytest.param('["{type}", "{color!r}"]', ErrorCode.BAD_REQUEST, "phrase 2 has the name {color}", id="a format"),
        pytest.param('["{type}", "{0.x}"]', ErrorCode.BAD_REQUEST, "phrase 2 has the name", id="an attribute"),
        pytest.param('["{type}", "a dress"]', ErrorCode.BAD_REQUEST, "phrase 2 has no name in braces", id="no name"),
        pytest.param('["{type"]', ErrorCode.BAD_REQUEST, "phrase 1 expected '}'", id="an open brace"),
        pytest.param('["{color} {type}"]', ErrorCode.BAD_REQUEST, "no phrase that needs {type} alone", id="no last"),
        pytest.param(None, ErrorCode.NOT_FOUND, "cannot be read", id="no file"),
    ],
)
def test_a_file_that_is_not_so_is_refused_by_name(
    content: str | None, code: ErrorCode, match: str, tmp_path: Path
) -> None:
    file = tmp_path / "own.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ReelwearError) as caught:
        load_templates(file)
    assert caught.value.code is code
    assert match in caught.value.message


def test_own_templates_take_the_place_of_those_that_ship(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(["{neckline} {type}", "just {type}"]))
    assert [one.phrase for one in load_templates(file)] == ["{neckline} {type}", "just {type}"]
