import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.events import CAPTION_CHANGED, OBJECT_CREATED, OBJECT_REMOVED, ObjectEvent, object_events, run_event
from infra.errors import ErrorCode, ReelwearError

PAYLOADS = Path(__file__).parent.parent / "events"


@given(st.text(min_size=1, max_size=900).filter(lambda key: key.isprintable()))
def test_a_key_survives_the_encoding_of_s3(key: str) -> None:
    event = ObjectEvent("created", "reelwear", key, "abc", 7)
    assert list(object_events(event.body())) == [event]


def test_a_notification_of_aws_names_key_etag_and_size() -> None:
    (event,) = object_events((PAYLOADS / "s3_put.json").read_text())
    assert event == ObjectEvent("created", "reels", "videos/été look 1+1.mp4", "d41d8cd98f00b204e9800998ecf8427e", 1024)


def test_a_new_subscription_starts_with_an_event_that_means_nothing() -> None:
    assert list(object_events((PAYLOADS / "s3_test_event.json").read_text())) == []


@pytest.mark.parametrize(
    ("kind", "key", "topic"),
    [
        pytest.param("created", "videos/a.mp4", OBJECT_CREATED, id="a video"),
        pytest.param("removed", "videos/a.mp4", OBJECT_REMOVED, id="a removed video"),
        pytest.param("created", "videos/a.TXT", CAPTION_CHANGED, id="a caption"),
        pytest.param("removed", "videos/a.json.xz", CAPTION_CHANGED, id="a removed post"),
    ],
)
def test_an_event_goes_to_the_function_that_it_is_for(kind: str, key: str, topic: str) -> None:
    assert ObjectEvent("created" if kind == "created" else "removed", "reelwear", key).topic == topic


@pytest.mark.parametrize("body", ["", "[]", "3", "{", json.dumps({"Records": [{"eventName": "ObjectCreated:Put"}]})])
def test_a_body_that_is_no_event_is_refused_for_good(body: str) -> None:
    with pytest.raises(ReelwearError) as refusal:
        list(object_events(body))
    assert refusal.value.code is ErrorCode.BAD_REQUEST
    assert not refusal.value.is_retryable


def test_a_run_event_without_its_run_is_refused() -> None:
    with pytest.raises(ReelwearError, match="run_id"):
        run_event(json.dumps({"video_id": "0" * 16}))
