"""What a replica does with a batch of frames, from end to end, in this thread."""

from collections.abc import Sequence

from serve_app.contract import FrameResult
from serve_app.frames import FrameJob, see_frames
from serve_app.models.rows import LoadedModels, Picture


def look_at_frames(models: LoadedModels[Picture], jobs: Sequence[FrameJob]) -> list[FrameResult]:
    """One result per job, in their order."""
    return [sighting.encode() for sighting in see_frames(models, jobs)]
