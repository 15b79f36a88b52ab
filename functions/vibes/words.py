"""Captions as words: clauses, hashtags taken apart, and what a negation reaches."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from functions.vibes.caption import Caption, find_hashtags

LANGUAGE_FILE = Path(__file__).with_name("language.json")
APOSTROPHES = "'’ʼ"
NEGATION_REACH = 3
CLAUSE_ENDS = frozenset('.,;:!?\n()[]{}|/•…—"“”')
CAMEL_EDGE = re.compile(r"(?<=[a-z\d])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
MIN_PART_LETTERS = 2
# Emoji newer than the interpreter's tables count as unassigned.
EMOJI_CATEGORIES = ("So", "Cn")


@dataclass(frozen=True)
class Language:
    """Small words. hashtag_fillers: what hashtags put beside the word that matters. negators: turn what follows into
    its opposite. negation_ends: end their reach ("not boho but glam", "not only boho", "never enough glitter").
    """

    hashtag_fillers: frozenset[str]
    negators: frozenset[str]
    negation_ends: frozenset[str]


@dataclass(frozen=True)
class Word:
    """A word of a caption.

    folded: what is compared. written: the word, or the hashtag it is part of. before: what stands between it and the
    word before. run: number of the clause or hashtag it stands in; phrases never cross runs. is_negated: "not boho".
    """

    folded: str
    written: str
    before: str
    run: int
    is_tag: bool
    is_negated: bool


@dataclass(frozen=True)
class Piece:
    """A word or a hashtag as written in a clause, and what stands before it there."""

    written: str
    before: str
    is_tag: bool


@cache
def language() -> Language:
    """The small words of English that the reader knows."""
    return Language(**{key: frozenset(words) for key, words in json.loads(LANGUAGE_FILE.read_text("utf-8")).items()})


def fold(word: str) -> str:
    """A word as it is compared: case, width, font and a plural s make no difference.

    >>> fold("Bows"), fold("ＢＯＨＯ"), fold("dress")
    ('bow', 'boho', 'dress')
    """
    plain = unicodedata.normalize("NFKC", word).casefold()
    for mark in APOSTROPHES:
        plain = plain.replace(f"{mark}s", "").replace(mark, "")
    is_plural = len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss") and plain[-2].isalpha()
    return plain[:-1] if is_plural else plain


def fold_phrase(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as they are compared."""
    return tuple(fold(word) for _, _, word in split_words(phrase))


def caption_words(caption: Caption, vocabulary: Collection[str]) -> list[Word]:
    """All words of a caption in order, then those of the hashtags that its text does not hold.

    Hashtags are taken apart at capitals, and where all their parts are in the vocabulary (folded) or usual beside it.
    """
    tags = find_hashtags(caption.text)
    in_text = {tag.casefold() for _, _, tag in tags}
    apart = [[Piece(f"#{tag}", "", True)] for tag in caption.hashtags if tag.casefold() not in in_text]
    words: list[Word] = []
    for clause in [*clauses(caption.text, tags), *apart]:
        words += clause_words(clause, vocabulary, words[-1].run + 1 if words else 0)
    return words


def clause_words(clause: list[Piece], vocabulary: Collection[str], run: int) -> list[Word]:
    """The words of one clause; its text has the run given, each hashtag one of its own after it.

    A negation reaches NEGATION_REACH words, and a hashtag only from right before it: hashtags end a caption more
    often than a sentence.
    """
    words: list[Word] = []
    reach, is_odd, tag_run = 0, False, run
    for piece in clause:
        tag_run += piece.is_tag
        reach = 0 if piece.is_tag and reach < NEGATION_REACH else reach
        for part in tag_parts(piece.written[1:], vocabulary) if piece.is_tag else [fold(piece.written)]:
            if part == "free" and words:
                words[-1] = replace(words[-1], is_negated=True)
            is_negator = part in language().negators or part.endswith("n't")
            is_negated = is_odd and reach > 0 and not is_negator
            words.append(
                Word(part, piece.written, piece.before, tag_run if piece.is_tag else run, piece.is_tag, is_negated)
            )
            is_odd = not (is_odd and reach > 0) if is_negator else is_odd
            reach = NEGATION_REACH if is_negator else 0 if part in language().negation_ends else max(0, reach - 1)
        reach = 0 if piece.is_tag else reach
    return words


def clauses(text: str, tags: list[tuple[int, int, str]]) -> Iterator[list[Piece]]:
    """The text's clauses as words and hashtags in order. Sentence marks, commas and line breaks end one."""
    clause: list[Piece] = []
    end_of_last = 0
    for start, end, is_tag in pieces(text, tags):
        before = text[end_of_last:start]
        if CLAUSE_ENDS & set(before):
            yield clause
            clause = []
        clause.append(Piece(text[start:end], before, is_tag))
        end_of_last = end
    yield clause


def pieces(text: str, tags: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, bool]]:
    """(start, end, is a hashtag) of each word and hashtag, in order."""
    position = 0
    for start, end, _ in [*tags, (len(text), len(text), "")]:
        for first, last, _ in split_words(text[position:start]):
            yield position + first, position + last, False
        if end > start:
            yield start, end, True
        position = end


def split_words(text: str) -> list[tuple[int, int, str]]:
    """(start, end, word) of each word: letters, digits and marks of any script, apostrophes inside it; or one emoji."""
    words = []
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and is_word_character(text, end, start):
            end += 1
        if end > start:
            words.append((start, end, text[start:end]))
        elif unicodedata.category(text[start]) in EMOJI_CATEGORIES:
            end = start + 1
            words.append((start, end, text[start]))
        start = max(end, start + 1)
    return words


def is_word_character(text: str, at: int, word_start: int) -> bool:
    """Whether a word that began at `word_start` goes on here."""
    if text[at] in APOSTROPHES:
        return at > word_start and at + 1 < len(text) and unicodedata.category(text[at + 1])[0] == "L"
    kind = unicodedata.category(text[at])[0]
    return kind in "LN" or (kind == "M" and at > word_start)


def tag_parts(tag: str, vocabulary: Collection[str]) -> list[str]:
    """The folded words of a hashtag.

    >>> tag_parts("CleanGirlAesthetic", ()), tag_parts("bohostyle", ("boho",)), tag_parts("glamping", ("glam",))
    (['clean', 'girl', 'aesthetic'], ['boho', 'style'], ['glamping'])
    """
    parts: list[str] = []
    for piece in CAMEL_EDGE.split(unicodedata.normalize("NFKC", tag)):
        if piece:
            parts += known_parts(piece.casefold(), vocabulary) or [fold(piece)]
    return parts


def known_parts(piece: str, vocabulary: Collection[str]) -> list[str]:
    """A joined piece as the fewest known words that make it up, or nothing if none do."""
    fillers = language().hashtag_fillers
    best: list[list[str] | None] = [[], *([None] * len(piece))]
    for end in range(1, len(piece) + 1):
        for start in range(end - MIN_PART_LETTERS, -1, -1):
            before = best[start]
            word = fold(piece[start:end])
            if before is None or not (word in vocabulary or piece[start:end] in fillers):
                continue
            current = best[end]
            if current is None or len(before) + 1 <= len(current):
                best[end] = [*before, word]
    return best[-1] or []
