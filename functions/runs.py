"""A run is one video under one pipeline; its stages are a small state machine over conditional writes.

pending → running (claim) → done | failed. A claim has a number; it may write only while its number is the
latest, so that a worker that was stopped and wakes up again cannot overwrite what another did meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from functions.batch import named
from functions.events import STAGE_ENDED, RunEvent
from functions.pipeline import Pipeline
from functions.retries import is_given_up
from infra.errors import ReelwearError
from infra.records.outbox import emit
from infra.records.store import Records
from infra.records.tables import Run, Stage, Video
from infra.settings import BusSettings

STAGES = ("split", "tag", "vibe", "publish")
ENDED = ("done", "failed")


@dataclass(frozen=True)
class Claim:
    """The right to write the outcome of one stage of one run, as long as nobody claims it later."""

    run_id: str
    video_id: str
    stage: str
    number: int


class SupersededError(Exception):
    """A later claim exists, or the run is gone: what this worker made is not wanted."""


def open_run(
    session: Session, records: Records, video_id: str, sha256: str, size_bytes: int, pipeline: Pipeline
) -> Run:
    """The run of a video under a pipeline, made with its video and stages where they are not there yet."""
    if session.get(Video, video_id) is None:
        session.add(Video(video_id=video_id, sha256=sha256, size_bytes=size_bytes, created_at=records.now()))
        session.flush()
    run_id = f"{video_id}-{pipeline.id}"
    run = session.get(Run, run_id)
    if run is None:
        now = records.now()
        run = Run(
            run_id=run_id, video_id=video_id, pipeline_id=pipeline.id, models=pipeline.models, state="processing",
            caption="", hashtags=[], vector_state="none", started_at=now, updated_at=now,
        )  # fmt: skip
        session.add(run)
        session.flush()
        session.add_all(Stage(run_id=run_id, name=name, state="pending", attempt=0, measures={}) for name in STAGES)
        session.flush()
    return run


def claim(records: Records, run_id: str, stage: str, again: bool = False) -> Claim | None:
    """Take a stage on. None where the run is gone, or the stage is done and not wanted `again`."""
    with records.transaction() as session:
        row, run = session.get(Stage, (run_id, stage)), session.get(Run, run_id)
        if row is None or run is None or (row.state == "done" and not again):
            return None
        row.state, row.attempt, row.started_at, row.finished_at = "running", row.attempt + 1, records.now(), None
        run.updated_at = records.now()
        return Claim(run_id, run.video_id, stage, row.attempt)


@contextmanager
def finishing(records: Records, held: Claim, measures: dict[str, float] | None = None) -> Iterator[Session]:
    """A transaction in which the holder of a claim writes its outcome, and the stage is done at its end.

    Raises SupersededError, and writes nothing, where the claim is not the latest.
    """
    with records.transaction() as session:
        row = fenced(session, held)
        yield session
        row.state, row.finished_at, row.measures = "done", records.now(), measures or {}
        row.error_code, row.error_message = None, None
        touch(session, records, held.run_id)


def fenced(session: Session, held: Claim) -> Stage:
    """The stage of a claim; raises SupersededError where the claim is not the latest."""
    row = session.get(Stage, (held.run_id, held.stage))
    if row is None or row.attempt != held.number or row.state != "running":
        raise SupersededError(f"claim {held.number} on {held.stage} of {held.run_id} is not the latest")
    return row


@contextmanager
def recording(records: Records, held: Claim, attempt: int, settings: BusSettings) -> Iterator[None]:
    """Write a fault of the block to the stage: as its end where nothing more is tried, else as what is waited for."""
    try:
        yield
    except SupersededError:
        raise
    except Exception as fault:  # the fault goes on to the queue; here it only gets its line in the records
        error = named(fault)
        note(records, held, error, is_final=is_given_up(error, attempt, settings))
        raise error from fault


def note(records: Records, held: Claim, error: ReelwearError, is_final: bool) -> None:
    """Write an error to a stage; a final one ends it, and says so to whoever waits for the stage."""
    with records.transaction() as session:
        row = session.get(Stage, (held.run_id, held.stage))
        if row is None or row.attempt != held.number:
            return
        row.state, row.error_code, row.error_message = (
            "failed" if is_final else "pending",
            error.code.code,
            error.message,
        )
        row.finished_at = records.now() if is_final else None
        touch(session, records, held.run_id)
        if is_final:
            emit(session, records, STAGE_ENDED, RunEvent(held.run_id, held.video_id, held.stage).body())


def touch(session: Session, records: Records, run_id: str) -> None:
    """Note that a run moved, so that the watch for stalled ones leaves it alone."""
    run = session.get(Run, run_id)
    if run is not None:
        run.updated_at = records.now()


def stages_of(session: Session, run_id: str) -> dict[str, Stage]:
    """The stages of a run by name."""
    return {row.name: row for row in session.scalars(select(Stage).where(Stage.run_id == run_id))}


def is_latest() -> ColumnElement[bool]:
    """The condition that a run is the one of its video that was started last."""
    newer = aliased(Run)
    same_video = newer.video_id == Run.video_id
    return ~select(newer.run_id).where(same_video, newer.started_at > Run.started_at).exists()


def latest_run(session: Session, video_id: str) -> Run | None:
    """The run of a video that was started last."""
    return session.scalar(select(Run).where(Run.video_id == video_id).order_by(Run.started_at.desc()).limit(1))
