"""What a shop calls its kinds of products, as types of the taxonomy."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from functions.tagging.taxonomy import TYPES_BY_NAME
from infra.errors import ErrorCode, ReelwearError

TYPES_FILE = Path(__file__).with_name("product_types.json")
MAX_CHARACTERS = 400
# Of these a set has one; its title may say which.
BOTTOMS = frozenset({"pants", "skirt", "shorts"})

# What stands behind these says how a product is, not what it is.
_ASIDE = re.compile(r"\b(?:in|with|for|from|by)\b|[|(\[–—]| - |,")
_SEVERAL = re.compile(r"\s(?:and)\s|[&+/,]")
_WORD = re.compile(r"[a-z0-9]+")
_PLURAL_ES = ("sses", "shes", "ches", "xes", "zes")

# Types by a word or words; None where the word says nothing and the title is to be asked.
Meanings = Mapping[tuple[str, ...], tuple[str, ...] | None]


@dataclass(frozen=True)
class TypeTable:
    """Words for kinds of products, and the types that each means."""

    meanings: Meanings
    longest: int

    @classmethod
    def load(cls, own_file: Path | None = None) -> Self:
        """The table that ships, and over it the rows of a JSON file of the same shape: a list of {"types", "words"}.

        types: names of the taxonomy, the leading one first; [] for what no reel shows as a garment; null for words that
        leave it to the title. Raises NOT_FOUND and BAD_REQUEST for a file that is not so.
        """
        meanings = dict(_rows(TYPES_FILE))
        if own_file:
            meanings.update(_rows(own_file))
        return cls(meanings, max(map(len, meanings)))

    def types_of(self, product_type: str, title: str, category: str = "") -> tuple[tuple[str, ...], bool]:
        """The types of a product, and whether the shop's own word for it is in the table.

        The shop's word is asked first, then the leaf of a category path ("Apparel > Dresses"), then the end of the
        title. Of a set the title may say which pieces it has.

        >>> table = TypeTable.load()
        >>> table.types_of("Co-Ord", "Linen Shirt & Shorts Set")
        (('top', 'shorts'), True)
        >>> table.types_of("Fancy things", "Lace Midi Dress in Red")
        (('dress',), False)
        """
        answers = [self.meaning(product_type), self.meaning(category.rpartition(">")[2])]
        is_known = answers[0] is not None or (not product_type.strip() and answers[1] is not None)
        told = next((types for types in (found.types for found in answers if found) if types is not None), None)
        if told is None:
            named = self.meaning(_ASIDE.split(title)[0], is_title=True)
            told = named.types if named else None
            is_known = is_known and told is not None
        if told is not None and len(told) > 1:
            told = self._pieces(told, title)
        return told or (), is_known

    def meaning(self, phrase: str, is_title: bool = False) -> "Meaning | None":
        """What a phrase means by its last words, of several ("Tops & Tees") by each; None where nobody mapped them.

        A title may go on with a name ("Wrap Dress Aria"): there the last words count that are mapped.
        """
        return _meaning(self, phrase[-MAX_CHARACTERS:] if is_title else phrase[:MAX_CHARACTERS], is_title)

    def by_last_words(self, words: tuple[str, ...]) -> "Meaning | None":
        """What the longest mapped end of some words means: the last noun says what a thing is."""
        for length in range(min(self.longest, len(words)), 0, -1):
            end = words[-length:]
            if end in self.meanings:
                return Meaning(self.meanings[end])
        return None

    def _pieces(self, types: tuple[str, ...], title: str) -> tuple[str, ...]:
        words = words_of(title)
        said = {kind for end in range(len(words)) for kind in self._single(words[: end + 1])}
        named = [kind for kind in types if kind in BOTTOMS & said]
        return tuple(kind for kind in types if kind in named or kind not in BOTTOMS) if named else types

    def _single(self, words: tuple[str, ...]) -> tuple[str, ...]:
        found = self.by_last_words(words)
        return found.types if found and found.types and len(found.types) == 1 else ()


@dataclass(frozen=True)
class Meaning:
    """types: those of the taxonomy, () for no garment; None where the title is to be asked."""

    types: tuple[str, ...] | None


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in lower case and singular, without accents and marks.

    >>> words_of("Women's T-Shirts"), words_of("Dresses")
    (('women', 't', 'shirt'), ('dress',))
    """
    bare = unicodedata.normalize("NFKD", phrase.lower()).replace("'s", "").replace("’s", "")
    return tuple(_singular(word) for word in _WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


def _singular(word: str) -> str:
    if word.endswith(_PLURAL_ES):
        return word[:-2]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    # "Shorts" are a garment, "short" is how long another one is.
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") and word != "shorts" else word


@lru_cache(maxsize=8192)
def _cached_words(phrase: str) -> tuple[str, ...]:
    return words_of(phrase)


def _meaning(table: TypeTable, phrase: str, is_title: bool) -> Meaning | None:
    whole = _cached_words(phrase)
    if is_title:
        ends = (table.by_last_words(whole[:end]) for end in range(len(whole), 0, -1))
        return next((found for found in ends if found), None)
    if whole in table.meanings:
        return Meaning(table.meanings[whole])
    parts = [found for part in _SEVERAL.split(phrase) if (found := table.by_last_words(_cached_words(part)))]
    if len(parts) <= 1:
        return parts[0] if parts else table.by_last_words(whole)
    types = dict.fromkeys(kind for found in parts for kind in found.types or ())
    return Meaning(tuple(types) if types else parts[-1].types)


def _rows(path: Path) -> Meanings:
    rule = 'write a list of {"types": [...], "words": [...]}'
    try:
        rows = json.loads(path.read_text("utf-8"))
    except OSError as fault:
        message = f"{path} cannot be read ({fault.strerror}); give the path of a JSON file of product types"
        raise ReelwearError(ErrorCode.NOT_FOUND, message) from fault
    except ValueError as fault:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path} is no JSON in UTF-8 ({fault}); {rule}") from fault
    meanings: dict[tuple[str, ...], tuple[str, ...] | None] = {}
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
        types, words = (row.get("types"), row.get("words")) if isinstance(row, dict) else (None, None)
        if not isinstance(words, list) or not all(isinstance(word, str) and words_of(word) for word in words):
            raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path}, row {number} has no list of words; {rule}")
        unknown = [kind for kind in types or () if kind not in TYPES_BY_NAME]
        if unknown or not isinstance(types, list | None):
            known = ", ".join(TYPES_BY_NAME)
            raise ReelwearError(ErrorCode.BAD_REQUEST, f"{path}, row {number} has types {types}; known are {known}")
        meanings.update(dict.fromkeys(map(words_of, words), None if types is None else tuple(types)))
    return meanings
