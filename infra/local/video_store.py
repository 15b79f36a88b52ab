"""What the API shows and does, over the records, the bucket and the bus of this machine."""

from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from functions import uploads
from functions.api.answers import Health, ItemMask, Masks, StageState, StageStatus, UploadState, UploadStatus
from functions.catalog.answers import SyncReport
from functions.catalog.rematch import rematch_runs
from functions.catalog.rematched import RematchReport
from functions.catalog.vectors import sync_products
from functions.document import DocumentList, ResultDocument
from functions.results import document_of
from functions.runs import STAGES, latest_run, stages_of
from functions.search.answers import RebuiltVectors, SearchAnswer
from functions.search.embedding import ServedEmbedder
from functions.search.items import find_items
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.products import search_products
from functions.search.query import ItemQuery
from functions.search.rebuild import rebuild_vectors
from functions.services import Services
from infra.bus import Bus, DeadLetter
from infra.errors import ReelwearError
from infra.records.tables import Run, SightingRow, Stage, Upload, Video
from serve_app.contract import Rle

STAGE_STATES: dict[str, StageState] = {"pending": "waiting", "running": "running", "done": "done", "failed": "failed"}


class LocalVideoStore:
    """The `VideoStore` of the host process."""

    def __init__(self, services: Services, bus: Bus, on_hint: Callable[[bytes], None]) -> None:
        self.services = services
        self.bus = bus
        self.on_hint = on_hint

    def list_videos(self, limit: int, offset: int, id_prefix: str) -> DocumentList:
        """A page of the videos whose id starts so, newest first."""
        held = select(Upload.video_id).where(Upload.state == "bound")
        wanted = (Video.video_id.startswith(id_prefix), Video.video_id.in_(held))
        page = select(Video.video_id).where(*wanted).order_by(Video.created_at.desc(), Video.video_id)
        with self.services.records.transaction() as session:
            total = session.scalar(select(func.count()).select_from(Video).where(*wanted)) or 0
            found = (self.document(session, video_id) for video_id in session.scalars(page.limit(limit).offset(offset)))
            return DocumentList(videos=tuple(document for document in found if document), total=total)

    def video(self, video_id: str) -> ResultDocument | None:
        """The document of a video, whatever its state."""
        with self.services.records.transaction() as session:
            return self.document(session, video_id)

    @staticmethod
    def document(session: Session, video_id: str) -> ResultDocument | None:
        """The document of a video's latest run."""
        run = latest_run(session, video_id)
        return document_of(session, run) if run else None

    def masks(self, video_id: str) -> Masks | None:
        """The masks of a video's items, by keyframe."""
        with self.services.records.transaction() as session:
            run = latest_run(session, video_id)
            if run is None:
                return None
            rows = session.scalars(
                select(SightingRow).where(SightingRow.run_id == run.run_id).order_by(SightingRow.item_id)
            )
            keyframes: dict[int, list[ItemMask]] = {}
            for row in rows:
                if row.mask_counts is not None and row.mask_height and row.mask_width:
                    rle = Rle(size=(row.mask_height, row.mask_width), counts=row.mask_counts)
                    keyframes.setdefault(row.keyframe, []).append(ItemMask(item_id=row.item_id, rle=rle))
        return Masks(keyframes={index: tuple(masks) for index, masks in keyframes.items()})

    def remove_video(self, video_id: str) -> bool:
        """Delete every upload of a video from the bucket; its results follow."""
        with self.services.records.transaction() as session:
            keys = [row.key for row in uploads.uploads_of(session, video_id)]
        if not keys:
            return False
        self.services.bucket.delete(keys)
        for key in keys:
            uploads.notice_removal(self.services.records, self.services.bucket.name, key)
        return True

    def upload_status(self, key: str, etag: str) -> UploadStatus | None:
        """How far an upload is; an empty etag means the newest."""
        with self.services.records.transaction() as session:
            wanted = select(Upload).where(Upload.bucket == self.services.bucket.name, Upload.key == key)
            if etag:
                wanted = wanted.where(Upload.etag == etag)
            row = session.scalar(wanted.order_by(Upload.updated_at.desc()).limit(1))
            if row is None:
                return None
            run = latest_run(session, row.video_id) if row.video_id else None
            stages = stages_of(session, run.run_id) if run else {}
            document = document_of(session, run) if run else None
            return UploadStatus(
                key=row.key,
                etag=row.etag,
                state=upload_state(row, document),
                video_id=row.video_id,
                error=document.error if document else None,
                stages=tuple(self.stage_status(name, stages.get(name)) for name in STAGES),
            )

    def stage_status(self, name: str, stage: Stage | None) -> StageStatus:
        """One stage as the API shows it."""
        if stage is None:
            return StageStatus(name=name, state="waiting")
        end = stage.finished_at or (self.services.records.now() if stage.state == "running" else None)
        seconds = (end - stage.started_at).total_seconds() if stage.started_at and end else None
        return StageStatus(name=name, state=STAGE_STATES[stage.state], attempt=stage.attempt, seconds=seconds)

    def object_url(self, key: str) -> str:
        """An address of an object that is good for an hour."""
        return self.services.bucket.url(key)

    @property
    def max_picture_bytes(self) -> int:
        """Largest picture to search by."""
        return self.services.settings.api.max_picture_bytes

    def search_items(self, query: ItemQuery, picture: bytes | None) -> SearchAnswer:
        """The garments nearest to words, a picture or both."""
        return find_items(self.services, query, picture)

    def search_products(self, query: ProductQuery, picture: bytes | None) -> ProductAnswer:
        """The products nearest to words, a picture or both."""
        return search_products(self.services, ServedEmbedder(self.services.models), query, picture)

    def rebuild_vectors(self) -> RebuiltVectors:
        """Fill the vector store from the records again."""
        return rebuild_vectors(self.services)

    def sync_catalog(self, is_dropping_old: bool) -> SyncReport:
        """Bring the vector store in step with the records of the catalogue."""
        return sync_products(self.services, is_dropping_old)

    def rematch_catalog(self, video_id: str | None, is_forced: bool, after: str, limit: int) -> RematchReport:
        """Compare stored videos with the catalogue again."""
        return rematch_runs(self.services, video_id, is_forced, after, limit)

    def on_object_event(self, body: bytes) -> None:
        """Take a hint of the object store."""
        self.on_hint(body)

    def health(self) -> Health:
        """Whether the stores and the bus answer."""
        parts = {
            "bucket": "ok" if self.services.bucket.is_healthy() else "does not answer",
            "bus": "ok" if self.bus.is_healthy() else "not connected",
            "records": self.records_health(),
        }
        return Health(ok=all(state == "ok" for state in parts.values()), parts=parts)

    def records_health(self) -> str:
        """What the records say is wrong, or the word ok."""
        try:
            with self.services.records.transaction() as session:
                session.execute(select(Run.run_id).limit(1))
        except ReelwearError as error:
            return error.message
        return "ok"

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """The messages given up, oldest first."""
        return await self.bus.dead_letters()

    async def replay(self, letter_id: str) -> None:
        """Put a dead letter back in its queue."""
        await self.bus.replay(letter_id)

    async def drop(self, letter_id: str) -> None:
        """Forget a dead letter."""
        await self.bus.drop(letter_id)


def upload_state(row: Upload, document: ResultDocument | None) -> UploadState:
    """An upload's state in one word."""
    if row.state in uploads.GONE:
        return "removed"
    if document is None:
        return "waiting"
    return document.state
