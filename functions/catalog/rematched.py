"""What a comparison of stored videos with the catalogue answers with."""

from typing import Annotated

from pydantic import Field

from functions.document import DocumentPart, MatchType

Count = Annotated[int, Field(ge=0)]


class UnmatchedVideo(DocumentPart):
    """A video that could not be compared, and why."""

    video_id: str
    code: str
    message: str


class RematchReport(DocumentPart):
    """Stored videos compared with the catalogue again, by vectors that are stored; no model was asked."""

    catalog: str | None = None
    """What they were compared with: the embedder and how often the index has changed; null where none is live."""
    videos: Count = 0
    """How many were compared."""
    changed: Count = 0
    """Of those, how many have another document now, which is published anew."""
    current: Count = 0
    """How many were left alone since they had been compared with this very catalogue."""
    garments: dict[MatchType, Count] = Field(default_factory=dict)
    """The garments of the videos compared, by how well the best product matches."""
    outdated: dict[str, Count] = Field(default_factory=dict)
    """How many videos another embedder described, by its name; they cannot be compared with this catalogue."""
    failed: tuple[UnmatchedVideo, ...] = ()
    warning: str | None = None
    """What keeps videos from being compared, and what to do about it."""
    left: Count = 0
    """How many are still to be compared, where the request had a limit."""
    next: str | None = None
    """Where to go on; null at the end."""

    def __add__(self, later: "RematchReport") -> "RematchReport":
        """Both rounds as one, the later one after this."""
        return later.model_copy(
            update={
                "videos": self.videos + later.videos,
                "changed": self.changed + later.changed,
                "garments": {
                    kind: self.garments.get(kind, 0) + later.garments.get(kind, 0)
                    for kind in ("exact", "similar", "none")
                    if kind in self.garments or kind in later.garments
                },
                "failed": (*self.failed, *later.failed),
                "current": self.current,
            }
        )
