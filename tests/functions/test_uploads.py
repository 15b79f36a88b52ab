import json

from sqlalchemy import select

from functions import uploads
from functions.events import CAPTION_CHANGED, OBJECT_CREATED, OBJECT_REMOVED
from functions.uploads import Version
from infra.records.store import Records
from infra.records.tables import OutboxMessage, Upload

FIRST = Version("reelwear", "videos/a.mp4", "e1", 10)
SECOND = Version("reelwear", "videos/a.mp4", "e2", 20)


def topics(records: Records) -> list[str]:
    with records.transaction() as session:
        return list(session.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)))


def states(records: Records) -> dict[str, str]:
    with records.transaction() as session:
        return {row.etag: row.state for row in session.scalars(select(Upload))}


def test_an_upload_is_news_once_and_leaves_one_event(records: Records) -> None:
    assert [uploads.notice(records, FIRST) for _ in range(3)] == [True, False, False]
    assert topics(records) == [OBJECT_CREATED]


def test_new_bytes_under_an_old_key_supersede(records: Records) -> None:
    uploads.notice(records, FIRST)
    uploads.notice(records, SECOND)
    assert states(records) == {"e1": "superseded", "e2": "new"}
    assert topics(records) == [OBJECT_CREATED, OBJECT_CREATED, OBJECT_REMOVED]


def test_bytes_that_come_back_are_news_again(records: Records) -> None:
    for version in (FIRST, SECOND, FIRST):
        assert uploads.notice(records, version)
    assert states(records) == {"e1": "new", "e2": "superseded"}


def test_a_removal_is_news_once(records: Records) -> None:
    uploads.notice(records, FIRST)
    assert uploads.notice_removal(records, "reelwear", FIRST.key)
    assert not uploads.notice_removal(records, "reelwear", FIRST.key)
    assert topics(records) == [OBJECT_CREATED, OBJECT_REMOVED]


def test_the_removal_of_an_unknown_key_is_no_news(records: Records) -> None:
    assert not uploads.notice_removal(records, "reelwear", "videos/never.mp4")
    assert topics(records) == []


def test_a_caption_is_no_video(records: Records) -> None:
    uploads.notice(records, Version("reelwear", "videos/a.txt", "t1", 5))
    uploads.notice_removal(records, "reelwear", "videos/a.txt")
    assert topics(records) == [CAPTION_CHANGED, CAPTION_CHANGED]


def test_an_event_carries_the_key_as_s3_would(records: Records) -> None:
    uploads.notice(records, Version("reelwear", "videos/un été.mp4", "e", 1))
    with records.transaction() as session:
        body = json.loads(session.scalars(select(OutboxMessage)).one().body)
    assert body["Records"][0]["s3"]["object"]["key"] == "videos/un+%C3%A9t%C3%A9.mp4"
