"""One error for the whole house: a stable code, an HTTP status, and whether a retry can help."""

from enum import Enum


class ErrorCode(Enum):
    """Stable codes with the HTTP status they answer with and whether the same work may succeed later."""

    def __init__(self, code: str, http_status: int, is_retryable: bool) -> None:
        self.code = code
        self.http_status = http_status
        self.is_retryable = is_retryable

    EMPTY_FILE = ("empty_file", 422, False)
    NOT_MEDIA = ("not_media", 422, False)
    TRUNCATED = ("truncated", 422, False)
    NO_VIDEO_STREAM = ("no_video_stream", 422, False)
    NO_FRAMES = ("no_frames", 422, False)
    UNSUPPORTED_CODEC = ("unsupported_codec", 422, False)
    TOO_LARGE = ("too_large", 413, False)
    TOO_LONG = ("too_long", 422, False)
    TOO_MANY_PIXELS = ("too_many_pixels", 422, False)
    TOO_MANY_STREAMS = ("too_many_streams", 422, False)
    DECODE_LIMIT = ("decode_limit", 422, False)
    DECODE_CRASHED = ("decode_crashed", 422, False)
    BAD_REQUEST = ("bad_request", 400, False)
    BAD_SETTING = ("bad_setting", 400, False)
    UNAUTHORIZED = ("unauthorized", 401, False)
    BAD_IMAGE = ("bad_image", 422, False)
    BAD_CAPTION = ("bad_caption", 422, False)
    NOT_FOUND = ("not_found", 404, False)
    OBJECT_GONE = ("object_gone", 404, False)
    OBJECT_CHANGED = ("object_changed", 409, False)
    MODEL_REFUSED = ("model_refused", 502, False)
    NO_TEXT_EMBEDDER = ("no_text_embedder", 501, False)
    MODEL_SERVER_DOWN = ("model_server_down", 503, True)
    STORE_DOWN = ("store_down", 503, True)
    BUS_DOWN = ("bus_down", 503, True)
    DISK_FULL = ("disk_full", 507, True)
    PORT_TAKEN = ("port_taken", 409, False)
    ALREADY_RUNNING = ("already_running", 409, False)
    NOT_RUNNING = ("not_running", 503, False)
    PART_FAILED = ("part_failed", 500, False)
    INTERNAL = ("internal", 500, True)


class ReelwearError(Exception):
    """A named failure. The message says what, which value, which rule, and the way out; it is safe to show."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def is_retryable(self) -> bool:
        """Whether a queue should try the same work again."""
        return self.code.is_retryable
