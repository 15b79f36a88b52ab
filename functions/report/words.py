"""The caption cut into pieces, so that the words a vibe was read from can be marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions.document import VibeEntry


@dataclass(frozen=True)
class Piece:
    """A stretch of the caption, and the vibes it spoke for."""

    text: str
    vibes: tuple[str, ...] = ()


def pieces(caption: str, vibes: Sequence[VibeEntry]) -> tuple[Piece, ...]:
    """The caption in pieces whose texts join to the caption again; evidence is found in any case, as whole words.

    >>> [piece.text for piece in pieces("Soft layers", [VibeEntry(name="Boho", confidence=1, evidence=("soft",))])]
    ['Soft', ' layers']
    """
    named: list[set[str]] = [set() for _ in caption]
    lowered = caption.lower()
    if len(lowered) != len(caption):
        return (Piece(caption),)
    for vibe in vibes:
        for words in vibe.evidence:
            for start in _places(lowered, words.lower()):
                for position in range(start, start + len(words)):
                    named[position].add(vibe.name)
    cuts = [0, *(at for at in range(1, len(caption)) if named[at] != named[at - 1]), len(caption)]
    return tuple(Piece(caption[start:end], tuple(sorted(named[start]))) for start, end in pairwise(cuts) if start < end)


def _places(text: str, words: str) -> list[int]:
    places = []
    at = text.find(words) if words else -1
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(words) : at + len(words) + 1]
        is_whole = not (before.isalnum() and words[0].isalnum()) and not (after.isalnum() and words[-1].isalnum())
        if is_whole:
            places.append(at)
        at = text.find(words, at + 1)
    return places
