"""What a garment is like, as one would say it."""

from collections.abc import Iterable

# In which they are said.
ORDER = ("pattern", "length", "sleeve")


def words_of(values: Iterable[tuple[str, str]]) -> str:
    """Attributes (name, value) as one would say them.

    >>> words_of([("pattern", "striped"), ("sleeve", "none"), ("length", "midi")])
    'striped, midi length, sleeveless'
    """
    known = dict(values)
    return ", ".join(phrase(name, known[name]) for name in ORDER if name in known)


def phrase(name: str, value: str) -> str:
    """One attribute as one would say it."""
    if name == "sleeve":
        return "sleeveless" if value == "none" else f"{value} sleeves"
    return f"{value} length" if name == "length" else value
