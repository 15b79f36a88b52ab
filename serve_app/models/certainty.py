"""How sure a find is: the chance that it is a garment of its group, fitted on photos that the parser never saw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

BODY_GROUPS: Final = ("skin", "hair")
# Logits beyond this say nothing more.
MOST_LOGIT: Final = 6.0
# A wearer of whom less than this share is skin or hair may be a wall or a curtain.
LEAST_BODY_SHARE: Final = 0.01
EVIDENCE: Final = ("score", "presence", "body presence", "body share", "body seen", "area")


@dataclass(frozen=True)
class Certainty:
    """A logistic curve over what is known of a find. weights: of EVIDENCE, in its order. biases: by group."""

    weights: tuple[float, ...]
    biases: Mapping[str, float]

    def chance(self, label: str, evidence: Sequence[float]) -> float:
        """The chance, 0 to 1, that a find of this group is right."""
        raised = float(np.dot(self.weights, evidence)) + self.biases.get(label, 0.0)
        return float(1 / (1 + np.exp(-np.clip(raised, -30, 30))))

    def as_json(self) -> str:
        """As it is kept in the parser's file."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `as_json`; raises ValueError, KeyError or TypeError for anything else."""
        fields = json.loads(text)
        weights = tuple(float(weight) for weight in fields["weights"])
        if len(weights) != len(EVIDENCE):
            raise ValueError(f"certainty has {len(weights)} weights; {', '.join(EVIDENCE)} need {len(EVIDENCE)}")
        return cls(weights, {str(group): float(bias) for group, bias in fields["biases"].items()})


@dataclass(frozen=True)
class Sureness:
    """What a picture as a whole says of each group (C, logits of its presence), and what to make of it."""

    presence: NDArray[np.float32]
    certainty: Certainty | None = None

    def score(self, label: str, evidence: Sequence[float], plain: float) -> float:
        """The calibrated chance of a find by its evidence, or its plain score where nothing was fitted."""
        return plain if self.certainty is None else self.certainty.chance(label, evidence)


def evidence_of(
    presence: NDArray[np.float32],
    label: str,
    groups: Sequence[str],
    score: float,
    body_share: float,
    area_share: float,
) -> tuple[float, ...]:
    """The numbers of EVIDENCE.

    score: mean chance of the find's pixels. body_share: of skin and hair among what its wearer shows. area_share: of
    the find in the frame.
    """
    seen = np.clip(presence, -MOST_LOGIT, MOST_LOGIT)
    body = [float(seen[groups.index(name)]) for name in BODY_GROUPS if name in groups]
    sure = float(np.clip(score, 1e-3, 1 - 1e-3))
    return (
        float(np.log(sure / (1 - sure))),
        float(seen[groups.index(label)]),
        max(body, default=0.0),
        min(body_share, 0.3),
        float(body_share >= LEAST_BODY_SHARE),
        float(np.log(max(area_share, 1e-5))) / 4,
    )
