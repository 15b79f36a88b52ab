"""The local reader of vibes: whole words and hashtags of the caption, weighed; no evidence, no vibe."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from functions.vibes.caption import Caption, unique
from functions.vibes.definitions import VibeDefinition
from functions.vibes.words import Word, caption_words, fold_phrase, language

# A hashtag is chosen to label the reel; a word may be there by chance.
HASHTAG_FACTOR = 1.3

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Vibe:
    """A mood of a reel. confidence: 0 to 1. evidence: the words and hashtags that gave it, as written, in order."""

    name: str
    confidence: float
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A phrase of the list in a caption: the positions of its words there, and them as written."""

    phrase: Phrase
    first: int
    last: int
    written: str
    is_tag: bool


def read_vibes(caption: Caption, vibes: Sequence[VibeDefinition], min_confidence: float) -> tuple[Vibe, ...]:
    """The vibes that the caption speaks for, the surest first, then by name; empty without evidence.

    A vibe's confidence is 1 - exp(-sum of the weights of its phrases found), each phrase once. A phrase in several
    vibes' lists counts for each of them by its weight over their number; one that is denied ("not boho"), not at all.
    """
    weights = [{fold_phrase(text): weight for text, weight in vibe.words.items()} for vibe in vibes]
    owners = Counter(phrase for own in weights for phrase in own)
    vocabulary = {word for phrase in owners for word in phrase} | {"".join(phrase) for phrase in owners}
    found = find_phrases(caption_words(caption, vocabulary), owners)
    read = [
        vibe_of(definition, {phrase: weight / owners[phrase] for phrase, weight in own.items()}, found)
        for definition, own in zip(vibes, weights, strict=True)
    ]
    certain = [vibe for vibe in read if vibe.evidence and vibe.confidence >= min_confidence]
    return tuple(sorted(certain, key=lambda vibe: (-vibe.confidence, vibe.name)))


def vibe_of(definition: VibeDefinition, weights: dict[Phrase, float], found: Sequence[Found]) -> Vibe:
    """One vibe with the confidence that the phrases found give it."""
    own = [hit for hit in found if hit.phrase in weights]
    counted: dict[Phrase, float] = {}
    for hit in own:
        weight = weights[hit.phrase] * (HASHTAG_FACTOR if hit.is_tag else 1)
        counted[hit.phrase] = max(counted.get(hit.phrase, 0.0), weight)
    evidence = unique(hit.written for hit in own)
    return Vibe(definition.name, round(1 - math.exp(-math.fsum(counted.values())), 4), evidence)


def find_phrases(words: Sequence[Word], phrases: Counter[Phrase]) -> list[Found]:
    """The phrases in the words, in order; where one holds another ("party dress", "party") the longer counts."""
    longest = max(map(len, phrases), default=0)
    joined = {"".join(phrase): phrase for phrase in phrases}
    found: list[Found] = []
    first = 0
    while first < len(words):
        hit = phrase_at(words, first, longest, phrases, joined)
        if hit:
            found.append(hit)
        first = hit.last + 1 if hit else first + 1
    return [hit for hit in found if not is_denied(words[hit.first : hit.last + 1])]


def is_denied(part: Sequence[Word]) -> bool:
    """Whether a negation outside a phrase reaches into it; "no makeup makeup" has its own inside."""
    return part[0].is_negated or (part[0].folded not in language().negators and part[-1].is_negated)


def phrase_at(
    words: Sequence[Word], first: int, longest: int, phrases: Counter[Phrase], joined: dict[str, Phrase]
) -> Found | None:
    """The longest phrase that begins at a word and stays in its clause or hashtag."""
    for last in range(min(len(words), first + longest) - 1, first - 1, -1):
        part = words[first : last + 1]
        if part[-1].run != part[0].run:
            continue
        folded = tuple(word.folded for word in part)
        phrase = folded if folded in phrases else joined.get(folded[0]) if len(folded) == 1 else None
        if phrase:
            rest = "" if part[0].is_tag else "".join(word.before + word.written for word in part[1:])
            return Found(phrase, first, last, part[0].written + rest, part[0].is_tag)
    return None
