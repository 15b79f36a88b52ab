"""The labels that a person gave, and the garments they are of."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catalog_jobs.evaluate.data.attribute_labels import (
    TYPE_OF_CLASS,
    AttributeLabels,
    FileLabel,
    PieceLabel,
    read_labelled,
)
from catalog_jobs.evaluate.held_out import is_for_fitting, is_held_out
from catalog_jobs.parser.photos import VALIDATION_FILE
from tests.catalog_jobs.evaluate.drawn import NAMES, write_data
from tests.catalog_jobs.evaluate.seen import JUDGING, write_class_pictures

SHIPPED = AttributeLabels.load()
HAS = {"sleeve": {"top", "outerwear", "dress"}, "length": {"dress", "skirt"}}


def rows() -> list[tuple[str, str, dict[str, str]]]:
    """Photo, type and values of all that ships."""
    pieces = [(label.photo, label.type, label.known()) for label in SHIPPED.ccp]
    files = [label.file.split("/") for label in SHIPPED.clothing]
    return pieces + [
        (name, TYPE_OF_CLASS[kind], label.known()) for (kind, name), label in zip(files, SHIPPED.clothing, strict=True)
    ]


def test_only_held_out_photos_are_labelled() -> None:
    held_out = set(VALIDATION_FILE.read_text().split())
    assert {label.photo for label in SHIPPED.ccp} <= held_out
    assert all(is_held_out(label.file.split("/")[1]) for label in SHIPPED.clothing)


def test_each_garment_is_labelled_once_with_something_that_its_type_has() -> None:
    pieces = Counter((label.photo, label.type, label.piece) for label in SHIPPED.ccp)
    files = Counter(label.file for label in SHIPPED.clothing)
    assert max(*pieces.values(), *files.values()) == 1
    for _, kind, values in rows():
        assert values
        for name, types in HAS.items():
            assert name not in values or kind in types


def test_both_halves_show_every_pattern_and_sleeve() -> None:
    assert len(rows()) >= 250
    for half in (True, False):
        seen = Counter(
            (name, value)
            for photo, _, values in rows()
            for name, value in values.items()
            if is_for_fitting(photo) == half
        )
        for pattern in ("solid", "striped", "checked", "floral", "dotted", "graphic", "other"):
            assert seen["pattern", pattern] >= 5
        for sleeve in ("none", "short", "long"):
            assert seen["sleeve", sleeve] >= 10


def test_how_the_labels_were_made_is_said() -> None:
    assert {"how", "by", "date", "from", "left_out", "other", "values"} == set(SHIPPED.made)


def test_a_piece_comes_cut_out_with_its_values_and_a_picture_of_a_class_folder_whole(tmp_path: Path) -> None:
    data = write_data(tmp_path)
    write_class_pictures(data / "clothing", {"dress/a.png": (200, 30, 30), "dress/d.png": (200, 30, 30)})
    labels = AttributeLabels(
        made={},
        ccp=(
            PieceLabel(photo=NAMES[0], type="top", piece=0, pattern="solid", sleeve="none"),
            PieceLabel(photo=NAMES[0], type="top", piece=7, pattern="striped"),
            PieceLabel(photo="no such photo", type="top", piece=0, pattern="striped"),
        ),
        clothing=tuple(FileLabel(file=f"dress/{name}.png", pattern="solid") for name in ("a", JUDGING[0], "gone")),
    )
    write_class_pictures(data / "clothing", {f"dress/{JUDGING[0]}.png": (40, 140, 60)})
    top, dress = read_labelled(data, labels)
    assert (top.photo, top.type, top.is_cut) == (NAMES[0], "top", True)
    assert top.values == {"pattern": "solid", "sleeve": "none"}
    assert (top.picture[0, 0] == 127).all(), "what is around it is grey"
    assert (dress.photo, dress.type, dress.is_cut) == (f"{JUDGING[0]}.png", "dress", False)
    assert np.ptp(dress.picture.reshape(-1, 3), axis=0).max() == 0
    assert not is_held_out("a.png"), "a picture that was trained on is not read"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no json", id="no JSON"),
        pytest.param(json.dumps({"made": {}, "ccp": []}), id="a part is missing"),
        pytest.param(
            json.dumps({"made": {}, "ccp": [], "clothing": [{"file": "dress/a.jpg", "pattern": "plaid"}]}),
            id="a value that nobody reads",
        ),
        pytest.param(
            json.dumps({"made": {}, "ccp": [], "clothing": [{"file": "../a.jpg/b"}]}), id="a file outside its class"
        ),
    ],
)
def test_a_file_that_holds_no_labels_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "labels.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"labels\.json holds no labels of attributes"):
        AttributeLabels.load(file)
