import json

import pytest
from pydantic import ValidationError

from functions.document import ResultDocument, document_schema, is_tagged
from tests.functions.api.shelf import document
from tests.functions.matched import PINK_TOP, RED_TOP, matched_document

FIELDS = [
    "video_id", "state", "error", "source", "duration_s", "width", "height", "fps", "caption", "hashtags", "keyframes",
    "vibes", "products", "analysis", "pipeline", "timings_s",
]  # fmt: skip
PRODUCT_FIELDS = [
    "item_id", "type", "color", "attributes", "confidence", "segments", "sightings", "crop_url", "match_type",
    "matched_product_id", "match_score", "alternatives",
]  # fmt: skip


def test_a_document_has_every_field_of_the_design_and_no_other() -> None:
    written = json.loads(document().model_dump_json())
    assert list(written) == FIELDS
    assert list(written["products"][0]) == PRODUCT_FIELDS
    assert written["products"][0]["attributes"] == {"pattern": {"value": "striped", "confidence": 0.91}}
    assert written["products"][1]["attributes"] == {}
    assert written["products"][1]["matched_product_id"] is None
    assert written["products"][0]["sightings"][0] == {"keyframe": 0, "box": [20.0, 40.0, 70.0, 100.0], "score": 0.9}


def test_a_written_document_reads_back_as_the_same() -> None:
    for made in (document(), matched_document(RED_TOP, PINK_TOP)):
        assert ResultDocument.model_validate_json(made.model_dump_json()) == made


def test_a_price_is_written_with_its_decimals() -> None:
    written = json.loads(matched_document(RED_TOP).model_dump_json())
    assert written["products"][0]["alternatives"][0]["price"] == "1299.00"


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        document().state = "failed"  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "done"}, id="unknown state"),
        pytest.param({"video_id": "walk.mp4"}, id="an id that is a name"),
        pytest.param({"mood": "fine"}, id="unknown field"),
        pytest.param({"vibes": [{"name": "Boho", "confidence": 1.5}]}, id="more than certain"),
        pytest.param({"duration_s": -1.0}, id="negative seconds"),
    ],
)
def test_what_breaks_the_contract_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ResultDocument.model_validate({**document().model_dump(), **change})


def test_the_schema_demands_every_field_of_a_written_document() -> None:
    schema = document_schema()
    assert schema["required"] == FIELDS
    assert schema["$defs"]["ProductRow"]["required"] == PRODUCT_FIELDS
    assert schema["properties"]["state"]["enum"] == ["processing", "ready", "partial", "failed"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("state", "stage", "expected"),
    [
        ("ready", None, True),
        ("partial", "vibe", True),
        ("partial", "match", True),
        ("partial", "tag", False),
        ("processing", None, False),
    ],
)
def test_no_garments_means_none_worn_only_after_they_were_looked_for(
    state: str, stage: str | None, expected: bool
) -> None:
    error = {"stage": stage, "code": "internal", "message": "m"} if stage else None
    assert is_tagged(document(state=state, error=error)) is expected
