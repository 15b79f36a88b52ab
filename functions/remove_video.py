"""An object left the bucket, or was replaced: take away what was made of it, unless another upload holds its bytes."""

from functools import partial

from sqlalchemy import delete, select

from functions import uploads
from functions.batch import BatchResponse, Context, SqsEvent, process_batch
from functions.events import OBJECT_CREATED, ObjectEvent, object_events
from functions.indexing import forget_vectors
from functions.keys import crops_prefix, keyframes_prefix, result_key
from functions.services import Services, lambda_services
from infra.records.outbox import emit
from infra.records.tables import Stage, Upload, Video


def handler(event: SqsEvent, context: Context | None = None, services: Services | None = None) -> BatchResponse:
    """Lambda's entry: a batch of S3 notifications of removed objects."""
    return process_batch(event, context, partial(remove_named, services or lambda_services()))


def remove_named(services: Services, body: str, _attempt: int) -> None:
    """Remove what the notified keys led to, as far as the bucket bears the notification out."""
    for event in object_events(body):
        if services.bucket.head(event.key) is None:
            uploads.notice_removal(services.records, event.bucket, event.key)
        for video_id in orphans(services, event):
            purge(services, video_id)
        forget_unread(services, event)


def orphans(services: Services, event: ObjectEvent) -> list[str]:
    """Videos that this key once held, and that no upload holds now."""
    with services.records.transaction() as session:
        once = select(Upload.video_id).where(
            Upload.bucket == event.bucket, Upload.key == event.key, Upload.state.in_(uploads.GONE)
        )
        ids = sorted({video_id for video_id in session.scalars(once) if video_id})
        return [video_id for video_id in ids if not uploads.uploads_of(session, video_id)]


def purge(services: Services, video_id: str) -> None:
    """Delete the rows, vectors and derived objects of a video; harmless to repeat.

    The same bytes may be uploaded again while this runs. Then its new run is started over, since some of
    what it stored may have been deleted here.
    """
    records = services.records
    with records.transaction() as session:
        if uploads.uploads_of(session, video_id):
            return
        session.execute(delete(Video).where(Video.video_id == video_id))
    forget_vectors(services, video_id)
    services.bucket.delete_prefix(keyframes_prefix(video_id))
    services.bucket.delete_prefix(crops_prefix(video_id))
    services.bucket.delete([result_key(video_id)])
    with records.transaction() as session:
        held = uploads.uploads_of(session, video_id)
        if not held:
            session.execute(delete(Upload).where(Upload.video_id == video_id, Upload.state.in_(uploads.GONE)))
            return
        for stage in session.scalars(select(Stage).where(Stage.run_id.startswith(f"{video_id}-"))):
            stage.state = "pending"
            stage.attempt += 1
        again = ObjectEvent("created", held[0].bucket, held[0].key, held[0].etag, held[0].size_bytes)
        emit(session, records, OBJECT_CREATED, again.body())


def forget_unread(services: Services, event: ObjectEvent) -> None:
    """Drop the rows of versions of this key that went before their bytes were read."""
    unread = (Upload.bucket == event.bucket, Upload.key == event.key, Upload.video_id.is_(None))
    with services.records.transaction() as session:
        session.execute(delete(Upload).where(*unread, Upload.state.in_(uploads.GONE)))
