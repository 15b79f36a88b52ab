"""An upload arrived: find its shots and store one good frame of each."""

from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete

from functions import runs, uploads
from functions.batch import BatchResponse, Context, SqsEvent, process_batch
from functions.events import CAPTION_CHANGED, CAPTION_SUFFIXES, VIDEO_SPLIT, ObjectEvent, RunEvent, object_events
from functions.keys import UPLOADS_PREFIX, keyframe_key, keyframes_prefix
from functions.services import Services, lambda_services
from functions.uploads import Version
from functions.video.split import Split
from infra.bucket import ObjectHead
from infra.errors import ErrorCode, ReelwearError
from infra.records.outbox import emit
from infra.records.tables import KeyframeRow, Video

# Folders, and captions, which `read_vibe` takes.
NO_VIDEO_SUFFIXES = ("/", *CAPTION_SUFFIXES)
MOVED_CODES = (ErrorCode.OBJECT_GONE, ErrorCode.OBJECT_CHANGED)


def handler(event: SqsEvent, context: Context | None = None, services: Services | None = None) -> BatchResponse:
    """Lambda's entry: a batch of S3 notifications, each perhaps late, repeated or out of order."""
    return process_batch(event, context, partial(split_notified, services or lambda_services()))


def split_notified(services: Services, body: str, attempt: int) -> None:
    """Split what a notification names. What the bucket holds now counts, not what the event says it held."""
    for event in object_events(body):
        if event.key.startswith(UPLOADS_PREFIX) and not event.key.lower().endswith(NO_VIDEO_SUFFIXES):
            split_key(services, event, attempt)


def split_key(services: Services, event: ObjectEvent, attempt: int) -> None:
    """Split the present bytes of a key; bytes that change under way are read anew."""
    head = services.bucket.head(event.key)
    if head is None:
        uploads.notice_removal(services.records, event.bucket, event.key)
        return
    try:
        split_upload(services, head, attempt)
    except ReelwearError as error:
        if error.code not in MOVED_CODES:
            raise
        raise ReelwearError(
            ErrorCode.STORE_DOWN, f"{event.key!r} changed while it was read; reading it anew"
        ) from error


def split_upload(services: Services, head: ObjectHead, attempt: int) -> None:
    """Bind an upload to its video by its bytes, and split the video unless that is done already."""
    version = Version(services.bucket.name, head.key, head.etag, head.size_bytes, head.content_type)
    uploads.notice(services.records, version)
    if is_settled(services, version):
        return
    with TemporaryDirectory(dir=services.scratch, prefix="split-") as folder:
        path = Path(folder) / "upload"
        refusal = size_refusal(services, head)
        if refusal is None:
            digest = services.bucket.download(head.key, path, head.etag, services.settings.video.max_size_bytes)
        else:
            digest = sha256(f"{version.bucket}/{head.key}@{head.etag}".encode()).hexdigest()
        claim = bind(services, version, digest)
        if claim is None:
            return
        with runs.recording(services.records, claim, attempt, services.settings.bus):
            if refusal is not None:
                raise refusal
            store(services, claim, services.decoders.split(path))


def size_refusal(services: Services, head: ObjectHead) -> ReelwearError | None:
    """Why an upload is not even read, if so. Its video is then named by its key and etag, for want of its bytes."""
    limit = services.settings.video.max_size_bytes
    if head.size_bytes <= limit:
        return None
    return ReelwearError(
        ErrorCode.TOO_LARGE,
        f"size_bytes is {head.size_bytes}, over the limit of {limit}; "
        "raise REELWEAR_MAX_SIZE_BYTES or send a smaller file",
    )


def is_settled(services: Services, version: Version) -> bool:
    """Whether this version is bound and split under the present pipeline, so that a repeated event ends here."""
    with services.records.transaction() as session:
        row = uploads.find(session, version.bucket, version.key, version.etag)
        if row is None or row.state != "bound" or row.video_id is None:
            return False
        stages = runs.stages_of(session, f"{row.video_id}-{services.pipeline.id}")
        return "split" in stages and stages["split"].state == "done"


def bind(services: Services, version: Version, digest: str) -> runs.Claim | None:
    """Tie an upload to its video, and claim the split. None where the same bytes were split before:
    the document then only learns of another upload, and of the caption that came with it.
    """
    records, video_id = services.records, digest[:16]
    with records.transaction() as session:
        row = uploads.find(session, version.bucket, version.key, version.etag)
        if row is None or row.state not in uploads.CURRENT:
            return None
        row.state, row.video_id, row.updated_at = "bound", video_id, records.now()
        row.content_type = version.content_type
        run = runs.open_run(session, records, video_id, digest, version.size_bytes, services.pipeline)
        if runs.stages_of(session, run.run_id)["split"].state == "done":
            event = ObjectEvent("created", version.bucket, version.key, version.etag, version.size_bytes)
            emit(session, records, CAPTION_CHANGED, event.body())
    return runs.claim(records, run.run_id, "split")


def store(services: Services, claim: runs.Claim, split: Split) -> None:
    """Put the keyframes into the bucket, then write them down and hand the run on."""
    for frame in split.keyframes:
        services.bucket.put(keyframe_key(claim.video_id, frame.index), frame.jpeg, "image/jpeg")
    try:
        with runs.finishing(services.records, claim, split.measures) as session:
            video = session.get_one(Video, claim.video_id)
            media = split.media
            video.width, video.height, video.fps, video.duration_s = (
                media.width,
                media.height,
                media.fps,
                media.duration_s,
            )
            session.execute(delete(KeyframeRow).where(KeyframeRow.run_id == claim.run_id))
            session.add_all(
                KeyframeRow(
                    run_id=claim.run_id,
                    index=frame.index,
                    time_s=frame.time_s,
                    shot_start_s=frame.shot.start_s,
                    shot_end_s=frame.shot.end_s,
                    returns=[[shot.start_s, shot.end_s] for shot in frame.returns],
                    width=frame.width,
                    height=frame.height,
                    key=keyframe_key(claim.video_id, frame.index),
                )
                for frame in split.keyframes
            )
            emit(session, services.records, VIDEO_SPLIT, RunEvent(claim.run_id, claim.video_id, "split").body())
    except runs.SupersededError:
        discard_if_unwanted(services, claim.video_id)


def discard_if_unwanted(services: Services, video_id: str) -> None:
    """Take back stored frames of a video that was removed meanwhile."""
    with services.records.transaction() as session:
        is_wanted = session.get(Video, video_id) is not None
    if not is_wanted:
        services.bucket.delete_prefix(keyframes_prefix(video_id))
