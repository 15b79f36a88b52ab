import threading
from datetime import UTC
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from infra.errors import ErrorCode, ReelwearError
from infra.records import outbox
from infra.records.store import Records
from infra.records.tables import Base, Upload


def opened(folder: Path) -> Records:
    records = Records(f"sqlite:///{folder / 'records.sqlite'}")
    records.migrate()
    return records


def upload(records: Records, etag: str) -> Upload:
    now = records.now()
    return Upload(
        bucket="b",
        key="videos/a.mp4",
        etag=etag,
        size_bytes=1,
        content_type="",
        state="new",
        seen_at=now,
        updated_at=now,
    )


def test_the_migrations_make_the_tables_that_the_code_names(tmp_path: Path) -> None:
    records = opened(tmp_path)
    records.migrate()
    with records.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    records.close()


def test_an_event_leaves_only_with_its_transaction(tmp_path: Path) -> None:
    records = opened(tmp_path)
    with pytest.raises(RuntimeError), records.transaction() as session:
        outbox.emit(session, records, "topic", "{}")
        raise RuntimeError("changed its mind")
    assert outbox.waiting(records) == []
    with records.transaction() as session:
        outbox.emit(session, records, "topic", "{}")
        outbox.emit(session, records, "topic", "[]")
    assert [message.body for message in outbox.waiting(records)] == ["{}", "[]"]
    outbox.sent(records, [message.id for message in outbox.waiting(records)])
    assert outbox.waiting(records) == []
    records.close()


def test_times_come_back_with_their_zone(tmp_path: Path) -> None:
    records = opened(tmp_path)
    with records.transaction() as session:
        session.add(upload(records, "e"))
    with records.transaction() as session:
        assert session.get_one(Upload, 1).seen_at.tzinfo is UTC
    records.close()


def test_many_writers_wait_for_one_another(tmp_path: Path) -> None:
    records = opened(tmp_path)

    def write(number: int) -> None:
        for turn in range(5):
            with records.transaction() as session:
                session.add(upload(records, f"{number}-{turn}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with records.transaction() as session:
        assert session.query(Upload).count() == 30
    records.close()


def test_records_out_of_reach_are_named_and_worth_a_retry(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")
    with pytest.raises(ReelwearError) as refusal, records.transaction() as session:
        session.add(upload(records, "e"))
    assert refusal.value.code is ErrorCode.STORE_DOWN
    assert refusal.value.is_retryable
