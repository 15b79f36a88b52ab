"""Why a picture cannot be cut: a stable reason and words for people."""

from enum import StrEnum


class Reason(StrEnum):
    """The reasons that a report counts by."""

    TOO_SMALL = "too_small"
    TOO_MANY_PIXELS = "too_many_pixels"
    WRONG_TYPE = "wrong_type"
    DAMAGED = "damaged"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    NOT_WRITABLE = "not_writable"


class CutFault(Exception):
    """One picture cannot be cut; the others are unharmed."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
