"""The named failures of the model server, the same on both ends of the wire."""

STATUS_OF_CODE = {
    "bad_request": 400,
    "unauthorized": 401,
    "too_many_parts": 413,
    "too_large": 413,
    "too_many_pixels": 422,
    "bad_image": 422,
    "out_of_memory": 507,
    "disk_full": 507,
    "already_running": 409,
    "no_text_embedder": 501,
    "no_people_finder": 501,
    "overloaded": 503,
    "unreachable": 503,
    "timeout": 504,
    "bad_answer": 502,
    "bad_setting": 500,
    "internal": 500,
}
RETRYABLE_CODES = frozenset({"overloaded", "unreachable", "timeout", "out_of_memory", "bad_answer", "internal"})


class ModelServerError(Exception):
    """A named failure. The message says what, which value, which rule, and the way out; it is safe to show.

    is_retryable: whether the same request may succeed later. retry_after_s: how long the server asks to wait.
    """

    def __init__(
        self, code: str, message: str, is_retryable: bool | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(code, message, is_retryable, retry_after_s)
        self.code = code
        self.message = message
        self.is_retryable = code in RETRYABLE_CODES if is_retryable is None else is_retryable
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def http_status(self) -> int:
        """The HTTP status this code is answered with."""
        return STATUS_OF_CODE.get(self.code, 500)
