"""Videos, their uploads and their pictures over HTTP."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from fastapi.responses import RedirectResponse

from functions.api.answers import ErrorAnswer, Masks, UploadStatus
from functions.api.store import VideoStore
from functions.document import DocumentList, ResultDocument
from infra.errors import ErrorCode, ReelwearError

Answer = TypeVar("Answer")

VideoId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hex digits, as `reelwear list` prints them")]
PICTURE_KEY = r"^(keyframes|crops)/[0-9a-f]{16}/[0-9A-Za-z_-]+\.(jpg|png)$"
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer}}


def video_routes(store: VideoStore) -> APIRouter:
    """The routes of videos, uploads and pictures."""
    routes = APIRouter(tags=["videos"])

    @routes.get("/videos")
    def list_videos(
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        offset: Annotated[int, Query(ge=0)] = 0,
        prefix: Annotated[str, Query(pattern="^[0-9a-f]{0,16}$", description="start of the video's id")] = "",
    ) -> DocumentList:
        """A page of the videos, newest first."""
        return store.list_videos(limit, offset, prefix)

    @routes.get("/videos/{video_id}", responses=UNKNOWN)
    def read_video(video_id: VideoId) -> ResultDocument:
        """The result document of a video, whatever its state."""
        return _found(store.video(video_id), f"video {video_id}")

    @routes.get("/videos/{video_id}/masks", responses=UNKNOWN)
    def read_masks(video_id: VideoId) -> Masks:
        """The pixels of each garment in each keyframe."""
        return _found(store.masks(video_id), f"video {video_id}")

    @routes.delete("/videos/{video_id}", status_code=204, responses=UNKNOWN)
    def remove_video(video_id: VideoId) -> None:
        """Delete a video's uploads from the bucket; its results follow within seconds."""
        _found(store.remove_video(video_id) or None, f"video {video_id}")

    @routes.get("/uploads", responses=UNKNOWN)
    def read_upload(
        key: Annotated[str, Query(min_length=1, description="the object's key, such as videos/walk.mp4")],
        etag: Annotated[str, Query(description="of its bytes, without quotes; empty means the newest")] = "",
    ) -> UploadStatus:
        """How far an upload is, stage by stage."""
        return _found(store.upload_status(key, etag), f"upload {key}")

    @routes.get("/objects/{key:path}", status_code=307, response_class=RedirectResponse)
    def read_picture(key: Annotated[str, Path(pattern=PICTURE_KEY)]) -> RedirectResponse:
        """A keyframe or a crop, by the `url` of the result document: sends on to an address good for an hour."""
        return RedirectResponse(store.object_url(key))

    return routes


def _found(answer: Answer | None, what: str) -> Answer:
    if answer is None:
        raise ReelwearError(ErrorCode.NOT_FOUND, f"{what} is not known; `reelwear list` shows what is")
    return answer
