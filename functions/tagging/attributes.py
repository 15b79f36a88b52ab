"""What a garment is like, voted over its looks."""

from collections import defaultdict
from collections.abc import Sequence

from functions.tagging.attribute_words import ORDER
from functions.tagging.looks import Look
from serve_app.contract import Attribute

# Below it the looks contradict one another, and nothing is said.
MIN_CONFIDENCE = 0.5


def voted_attributes(group: Sequence[Look], kind: str) -> tuple[Attribute, ...]:
    """The attributes of a garment of the type `kind`, in ORDER; each look's confidence is a vote for its value.

    The confidence is the mean over the looks that say the value, times their share of the looks that say any. Looks
    that were taken for another type have no vote: a skirt has no sleeves.
    """
    said: dict[str, list[Attribute]] = defaultdict(list)
    for look in group:
        for attribute in look.detection.attributes if look.type == kind else ():
            said[attribute.name].append(attribute)
    voted = [elected(said[name]) for name in ORDER if said[name]]
    return tuple(one for one in voted if one.confidence >= MIN_CONFIDENCE)


def elected(votes: Sequence[Attribute]) -> Attribute:
    """The value with the largest sum of confidence, the first of the alphabet on a tie; at least one vote."""
    sums: dict[str, float] = defaultdict(float)
    for vote in votes:
        sums[vote.value] += vote.confidence
    value = max(sorted(sums), key=lambda one: sums[one])
    return Attribute(name=votes[0].name, value=value, confidence=round(min(1.0, sums[value] / len(votes)), 4))
