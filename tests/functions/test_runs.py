import itertools
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from functions import runs
from functions.pipeline import Pipeline
from infra.errors import ErrorCode, ReelwearError
from infra.records.store import Records
from infra.records.tables import OutboxMessage, Run, Stage, Video
from infra.settings import BusSettings

PIPELINE = Pipeline("0123456789ab", {"detector": "embedded"})
VIDEO = "0" * 16
NUMBERS = itertools.count(1)


def opened(records: Records, video_id: str = VIDEO) -> str:
    with records.transaction() as session:
        return runs.open_run(session, records, video_id, video_id * 4, 10, PIPELINE).run_id


def stage(records: Records, run_id: str, name: str) -> Stage:
    with records.transaction() as session:
        return session.get_one(Stage, (run_id, name))


def test_the_same_video_under_the_same_pipeline_is_one_run(records: Records) -> None:
    assert opened(records) == opened(records)
    with records.transaction() as session:
        assert len(list(session.scalars(select(Run)))) == 1
        assert len(list(session.scalars(select(Stage)))) == len(runs.STAGES)


def test_a_finished_stage_is_not_claimed_again_unless_wanted(records: Records) -> None:
    run_id = opened(records)
    claim = runs.claim(records, run_id, "tag")
    assert claim is not None
    with runs.finishing(records, claim, {"items": 2.0}):
        pass
    assert runs.claim(records, run_id, "tag") is None
    again = runs.claim(records, run_id, "tag", again=True)
    assert again is not None and again.number == claim.number + 1


def test_a_worker_that_wakes_up_late_writes_nothing(records: Records) -> None:
    run_id = opened(records)
    slept, later = runs.claim(records, run_id, "tag"), runs.claim(records, run_id, "tag")
    assert slept is not None and later is not None
    with runs.finishing(records, later, {"items": 1.0}):
        pass
    with pytest.raises(runs.SupersededError), runs.finishing(records, slept, {"items": 99.0}):
        pytest.fail("the block of a superseded claim must not run")
    assert stage(records, run_id, "tag").measures == {"items": 1.0}


def test_a_claim_on_a_removed_run_is_none_and_its_outcome_is_refused(records: Records) -> None:
    run_id = opened(records)
    claim = runs.claim(records, run_id, "tag")
    assert claim is not None
    with records.transaction() as session:
        session.delete(session.get_one(Video, VIDEO))
    assert runs.claim(records, run_id, "tag") is None
    with pytest.raises(runs.SupersededError), runs.finishing(records, claim):
        pytest.fail("nothing is left to write to")


@pytest.mark.parametrize(
    ("code", "attempt", "state", "events"),
    [
        pytest.param(ErrorCode.NOT_MEDIA, 1, "failed", 1, id="bad input ends the stage"),
        pytest.param(ErrorCode.MODEL_SERVER_DOWN, 3, "pending", 0, id="an outage leaves it waiting"),
        pytest.param(ErrorCode.INTERNAL, 3, "failed", 1, id="the last attempt ends it"),
    ],
)
def test_a_fault_gets_its_line_in_the_records(
    records: Records, code: ErrorCode, attempt: int, state: str, events: int
) -> None:
    run_id = opened(records)
    claim = runs.claim(records, run_id, "split")
    assert claim is not None
    with pytest.raises(ReelwearError), runs.recording(records, claim, attempt, BusSettings(max_attempts=3)):
        raise ReelwearError(code, "for a reason")
    row = stage(records, run_id, "split")
    assert (row.state, row.error_code, row.error_message) == (state, code.code, "for a reason")
    with records.transaction() as session:
        assert len(list(session.scalars(select(OutboxMessage)))) == events


def test_of_many_that_race_for_one_stage_one_outcome_stands(records: Records) -> None:
    run_id = opened(records)
    outcomes: list[float] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        claim = runs.claim(records, run_id, "tag")
        if claim is None:
            return
        try:
            with runs.finishing(records, claim, {"by": float(number)}):
                outcomes.append(float(number))
        except runs.SupersededError:
            return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage(records, run_id, "tag").measures == {"by": outcomes[-1]}
    assert len(outcomes) == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_in_any_interleaving_the_outcome_is_the_latest_claims(records: Records, data: st.DataObject) -> None:
    run_id = opened(records, f"{next(NUMBERS):016x}")
    held: list[runs.Claim] = []
    written: list[int] = []
    for _ in range(data.draw(st.integers(1, 12))):
        if not held or data.draw(st.booleans()):
            claim = runs.claim(records, run_id, "tag", again=True)
            assert claim is not None
            held.append(claim)
            continue
        claim = held.pop(data.draw(st.integers(0, len(held) - 1)))
        try:
            with runs.finishing(records, claim, {"by": float(claim.number)}):
                written.append(claim.number)
        except runs.SupersededError:
            assert claim.number < stage(records, run_id, "tag").attempt
    assert written == sorted(set(written))
