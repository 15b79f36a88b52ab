"""What the API asks of the records behind it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from functions.api.answers import Health, Masks, UploadStatus
from functions.catalog.answers import SyncReport
from functions.catalog.rematched import RematchReport
from functions.document import DocumentList, ResultDocument
from functions.search.answers import RebuiltVectors, SearchAnswer
from functions.search.product_answers import ProductAnswer
from functions.search.product_query import ProductQuery
from functions.search.query import ItemQuery

if TYPE_CHECKING:
    from infra.bus import DeadLetter


class VideoStore(Protocol):
    """Records, bucket and bus as the routes need them. The plain methods block and are called from worker threads."""

    def list_videos(self, limit: int, offset: int, id_prefix: str) -> DocumentList:
        """A page of the videos whose id starts so, newest first; an empty prefix means all."""

    def video(self, video_id: str) -> ResultDocument | None:
        """The document of a video, whatever its state; None where the id is unknown."""

    def masks(self, video_id: str) -> Masks | None:
        """The masks of a video's items; None where the id is unknown."""

    def remove_video(self, video_id: str) -> bool:
        """Delete every upload of a video from the bucket; its results follow. False where the id is unknown."""

    def upload_status(self, key: str, etag: str) -> UploadStatus | None:
        """How far an upload is; an empty etag means the newest under that key. None where it was not noticed yet."""

    def object_url(self, key: str) -> str:
        """An address that answers with an object's bytes for a while, without credentials."""

    @property
    def max_picture_bytes(self) -> int:
        """Largest picture to search by."""

    def search_items(self, query: ItemQuery, picture: bytes | None) -> SearchAnswer:
        """The garments nearest to words, a picture or both; raises what `find_items` raises."""

    def search_products(self, query: ProductQuery, picture: bytes | None) -> ProductAnswer:
        """The products nearest to words, a picture or both; raises what `functions.search.products` raises."""

    def rebuild_vectors(self) -> RebuiltVectors:
        """Fill the vector store from the records again."""

    def sync_catalog(self, is_dropping_old: bool) -> SyncReport:
        """Bring the vector store in step with the records of the catalogue; see `sync_products`."""

    def rematch_catalog(self, video_id: str | None, is_forced: bool, after: str, limit: int) -> RematchReport:
        """Compare stored videos with the catalogue again; raises what `rematch_runs` raises."""

    def on_object_event(self, body: bytes) -> None:
        """Take a hint of the object store that something changed; returns at once."""

    def health(self) -> Health:
        """How the host process and what it stands on are."""

    async def dead_letters(self) -> Sequence["DeadLetter"]:
        """The messages given up, oldest first."""

    async def replay(self, letter_id: str) -> None:
        """Put a dead letter back in its queue; raises NOT_FOUND."""

    async def drop(self, letter_id: str) -> None:
        """Forget a dead letter; raises NOT_FOUND."""
