"""Keys of what is derived from a video: made from ids, never from names that people chose."""

UPLOADS_PREFIX = "videos/"
DERIVED_FOLDERS = ("keyframes/", "crops/")
RESULTS_PREFIX = "results/"


def keyframes_prefix(video_id: str) -> str:
    """Where the keyframes of a video lie."""
    return f"keyframes/{video_id}/"


def crops_prefix(video_id: str) -> str:
    """Where the crops of a video lie."""
    return f"crops/{video_id}/"


def keyframe_key(video_id: str, index: int) -> str:
    """The picture of one keyframe."""
    return f"{keyframes_prefix(video_id)}{index}.jpg"


def crop_key(video_id: str, item_id: str) -> str:
    """The best plain crop of one item; the masked one lies beside it as `.png`."""
    return f"{crops_prefix(video_id)}{item_id}.jpg"


def masked_crop_key(video_id: str, item_id: str) -> str:
    """The best crop of one item with everything else transparent."""
    return f"{crops_prefix(video_id)}{item_id}.png"


def result_key(video_id: str) -> str:
    """The result document of a video."""
    return f"{RESULTS_PREFIX}{video_id}.json"
