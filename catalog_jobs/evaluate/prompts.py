"""The words by which classes, types and colours are asked for."""

from collections.abc import Mapping
from typing import Final

# As in CLIP's zero-shot evaluation (Radford et al. 2021, section 3.1.4): the vectors of several phrasings are averaged.
TEMPLATES: Final = ("{}", "a photo of {}", "a product photo of {}", "{} on a plain background", "a picture showing {}")
# Folder names that people would not say.
CLASS_WORDS: Final[Mapping[str, str]] = {
    "outwear": "outerwear, a coat or jacket",
    "longsleeve": "long-sleeved top",
    "tshirt": "t-shirt",
    "shirt": "shirt with a collar",
}
TYPE_NOUNS: Final[Mapping[str, str]] = {
    "outerwear": "coat or jacket",
    "legwear": "tights or socks",
    "eyewear": "glasses",
}
WITHOUT_ARTICLE: Final = frozenset({"jewelry", "eyewear", "outerwear", "footwear", "legwear"})


def class_prompts(folder_name: str) -> list[str]:
    """The texts whose mean stands for a class.

    >>> class_prompts("t-shirt")[1]
    'a photo of a t-shirt'
    """
    plain = folder_name.lower().replace("_", " ")
    words = with_article(CLASS_WORDS.get(plain, plain))
    return [template.format(words) for template in TEMPLATES]


def garment_text(kind: str | None, color: str | None) -> str:
    """What a person would type to find garments of a type, a colour, or both; one of them must be given.

    >>> garment_text("dress", "red"), garment_text("shoes", "orange"), garment_text(None, "red")
    ('a red dress', 'orange shoes', 'something red')
    """
    if kind is None:
        return f"something {color}"
    noun = TYPE_NOUNS.get(kind, kind)
    return with_article(f"{color} {noun}" if color else noun)


def with_article(words: str) -> str:
    """The words with "a" or "an", unless they name many or what cannot be counted.

    >>> with_article("orange bag"), with_article("blue jeans"), with_article("dress")
    ('an orange bag', 'blue jeans', 'a dress')
    """
    last, first = words.split()[-1], words.split()[0].rstrip(",")
    is_plural = last.endswith("s") and not last.endswith("ss")
    if is_plural or last in WITHOUT_ARTICLE or first in WITHOUT_ARTICLE:
        return words
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
