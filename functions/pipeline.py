"""What a result depends on besides the bytes of its video."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Self

from functions.vibes.definitions import VibeDefinition
from infra.settings import Settings

THRESHOLDS = {
    "video": ("max_keyframes", "keyframe_long_side_px"),
    "tagging": ("min_detection_score", "min_item_share"),
    "vibes": ("min_vibe_confidence",),
}


@dataclass(frozen=True)
class Pipeline:
    """A hash over models, thresholds, vibes and the package's own version: the same pair of video and
    pipeline is the same run, and nothing is done twice.
    """

    id: str
    models: dict[str, str]

    @classmethod
    def of(cls, settings: Settings, vibes: Sequence[VibeDefinition]) -> Self:
        """The pipeline that these settings describe."""
        models = {
            "detector": settings.models.detector,
            "segmenter": settings.models.segmenter,
            "embedder": settings.models.embedder,
            "vibe_reader": "local",
        }
        described = {
            "package": version("reelwear"),
            "models": models,
            "vibes": [repr(vibe) for vibe in vibes],
            "thresholds": {
                room: {name: getattr(getattr(settings, room), name) for name in names}
                for room, names in THRESHOLDS.items()
            },
        }
        digest = sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()
        return cls(digest[:12], models)
