"""Which pictures are never trained on, and which of these are fitted on."""

import hashlib

EVERY = 7


def is_held_out(file_name: str) -> bool:
    """Whether a file (its name alone, without the folders) is measured on: one of seven, by the SHA-1 of its name.

    >>> is_held_out("a.jpg"), is_held_out("d.jpg")
    (False, True)
    """
    return int(hashlib.sha1(file_name.encode(), usedforsecurity=False).hexdigest(), 16) % EVERY == 0


def is_for_fitting(name: str) -> bool:
    """Whether a held-out photo is in the half that cut-offs and chances are fitted on; the other half judges them.

    name: without the suffix for photos with label images, the file's name for pictures of class folders.

    >>> is_for_fitting("0001"), is_for_fitting("0003")
    (False, True)
    """
    return int(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), 16) % 2 == 0
