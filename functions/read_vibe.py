"""A video was split, or a caption came or went beside it: read its mood from what was said of it."""

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import delete, or_, select

from functions import runs, uploads
from functions.batch import BatchResponse, Context, SqsEvent, process_batch
from functions.events import CAPTION_SUFFIXES, STAGE_ENDED, ObjectEvent, RunEvent, load, object_events, run_event
from functions.services import Services, lambda_services
from functions.uploads import Version
from functions.vibes.caption import Caption, choose, read_metadata, read_post, read_sidecar
from functions.vibes.reader import Vibe, read_vibes
from infra.errors import ReelwearError
from infra.records.outbox import emit
from infra.records.tables import Run, Upload, VibeRow

LARGEST_CAPTION_BYTES = 4 * 1024**2

log = structlog.get_logger()


def handler(event: SqsEvent, context: Context | None = None, services: Services | None = None) -> BatchResponse:
    """Lambda's entry: runs that were split, and S3 notifications of captions, in one batch."""
    return process_batch(event, context, partial(read_for, services or lambda_services()))


def read_for(services: Services, body: str, attempt: int) -> None:
    """Read the vibe of the run, or of every video whose caption an S3 notification names."""
    if "Records" in load(body):
        for event in object_events(body):
            note_caption(services, event)
            for run_id in runs_beside(services, event.key):
                read_run(services, run_id, attempt, again=True)
    else:
        read_run(services, run_event(body).run_id, attempt, again=False)


def note_caption(services: Services, event: ObjectEvent) -> None:
    """Hold what the event says of a caption against the bucket, and write down how it stands."""
    if not event.key.lower().endswith(CAPTION_SUFFIXES):
        return
    head = services.bucket.head(event.key)
    if head is None:
        uploads.notice_removal(services.records, event.bucket, event.key)
        return
    version = Version(event.bucket, event.key, head.etag, head.size_bytes, head.content_type)
    with services.records.transaction() as session:
        uploads.supersede_others(session, services.records, version)
        uploads.enter(session, services.records, version)


def stem(key: str) -> str:
    """A key without its suffix: what a video and the captions beside it share."""
    folder, slash, name = key.rpartition("/")
    for suffix in CAPTION_SUFFIXES:
        if name.lower().endswith(suffix):
            return f"{folder}{slash}{name[: -len(suffix)]}"
    return f"{folder}{slash}{name.rpartition('.')[0] or name}"


def runs_beside(services: Services, key: str) -> list[str]:
    """The latest runs of the videos that share a key's stem."""
    start = stem(key)
    with services.records.transaction() as session:
        near = select(Upload).where(
            Upload.state == "bound", or_(Upload.key == key, Upload.key.startswith(start, autoescape=True))
        )
        videos = {row.video_id for row in session.scalars(near) if row.video_id and stem(row.key) == start}
        latest = (runs.latest_run(session, video_id) for video_id in sorted(videos))
        return [run.run_id for run in latest if run is not None]


def read_run(services: Services, run_id: str, attempt: int, again: bool) -> None:
    """Read the vibe of one run and hand the run on."""
    claim = runs.claim(services.records, run_id, "vibe", again)
    if claim is None:
        return
    with runs.recording(services.records, claim, attempt, services.settings.bus):
        caption = caption_of(services, claim.video_id)
        vibes = read_vibes(caption, services.vibes, services.settings.vibes.min_vibe_confidence)
        store(services, claim, caption, vibes)


def caption_of(services: Services, video_id: str) -> Caption:
    """What was said of a video: of its uploads, the earliest that says anything."""
    with services.records.transaction() as session:
        keys = [row.key for row in uploads.uploads_of(session, video_id)]
    captions = (caption_beside(services, key) for key in keys)
    return next((caption for caption in captions if caption.text or caption.hashtags), Caption("", ()))


def caption_beside(services: Services, key: str) -> Caption:
    """The caption of one upload: of its metadata, of the text beside it, of the post that it came from."""
    head = services.bucket.head(key)
    start = stem(key)
    beside = {info.key[len(start) :].lower(): info.key for info in services.bucket.list(f"{start}.")}
    return choose(
        metadata=read_metadata(head.metadata) if head else None,
        sidecar=read_object(services, beside.get(".txt"), read_sidecar),
        post=read_object(services, beside.get(".json.xz"), read_post),
    )


def read_object(services: Services, key: str | None, read: Callable[[bytes], Caption]) -> Caption | None:
    """One caption from the bucket. A broken one says nothing; it is no fault of the video beside it."""
    if key is None:
        return None
    try:
        return read(services.bucket.get(key, LARGEST_CAPTION_BYTES))
    except ReelwearError as error:
        if error.is_retryable:
            raise
        log.warning("caption not read", key=key, code=error.code.code, reason=error.message)
        return None


def store(services: Services, claim: runs.Claim, caption: Caption, vibes: tuple[Vibe, ...]) -> None:
    """Write down what was said and what it means, and hand the run on."""
    try:
        with runs.finishing(services.records, claim, {"vibes": float(len(vibes))}) as session:
            run = session.get_one(Run, claim.run_id)
            run.caption, run.hashtags = caption.text, list(caption.hashtags)
            session.execute(delete(VibeRow).where(VibeRow.run_id == claim.run_id))
            session.add_all(
                VibeRow(run_id=claim.run_id, name=vibe.name, confidence=vibe.confidence, evidence=list(vibe.evidence))
                for vibe in vibes
            )
            emit(session, services.records, STAGE_ENDED, RunEvent(claim.run_id, claim.video_id, "vibe").body())
    except runs.SupersededError:
        return
