"""Which picture a URL names: the same one at several sizes and query strings is one picture."""

import hashlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

# Longest side by Shopify's size names (its img_url filter); original, master and no name at all are as uploaded.
NAMED_SIZES_PX: Final = {
    "pico": 16,
    "icon": 32,
    "thumb": 50,
    "small": 100,
    "compact": 160,
    "medium": 240,
    "large": 480,
    "grande": 600,
    "original": math.inf,
    "master": math.inf,
}
# _600x600, _1600x, _x400 or a name; then perhaps _crop_center, @2x and .progressive, as that filter writes them.
SIZE_SUFFIX: Final = re.compile(
    rf"""_(?: (?P<width>\d{{1,5}}) x (?P<height>\d{{1,5}})? | x (?P<only_height>\d{{1,5}})
            | (?P<name>{"|".join(NAMED_SIZES_PX)}) )
        (?: _crop_(?:top|center|bottom|left|right) )?
        (?: @ (?P<scale>[23]) x )?
        (?: \.progressive )?
        (?P<extension> \.(?:jpe?g|pjpe?g|png|webp|gif|avif|heic|bmp|tiff?|svg) )$""",
    re.IGNORECASE | re.VERBOSE,
)
PICTURE_EXTENSION: Final = re.compile(r"\.(?:jpe?g|pjpe?g|png|webp|gif|avif|heic|bmp|tiff?|svg)$", re.IGNORECASE)
# Of a query: how the picture is to be sent, not which one it is.
SENDING_WORDS: Final = frozenset({
    "v", "ver", "version", "width", "height", "w", "h", "size", "crop", "scale", "dpr", "fit", "pad_color", "quality",
    "q", "format", "fm", "auto", "token", "expires", "signature",
})  # fmt: skip
ASKED_SIDES: Final = re.compile(r"(?:^|&)(?:width|height|w|h)=(\d+)(?=&|$)", re.IGNORECASE)
# A URL as nearly all are, which is taken apart without urlsplit at a third of its time.
PLAIN_URL: Final = re.compile(r"(https?)://([A-Za-z0-9.-]+)(/[^?#;\s\[\]]*)(?:\?([^#\s]*))?")
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?")
KEPT_LETTERS: Final = 48
DIGEST_DIGITS: Final = 10


@dataclass(frozen=True)
class Picture:
    """One picture of a product. number: its place among them, which is the place in its file's name. url: http, https,
    or without a scheme a path relative to `folder`, that of the images file.
    """

    product_id: str
    number: int
    url: str
    folder: str | None = None


def picture_key(url: str) -> str:
    """What all URLs of one picture share: no size suffix, no query, no scheme, the host in lower case.

    Where the path does not end like a picture's (`/image?id=7`), the query says which picture it is, and only what
    it says of the sending is left out. A relative path is its own key, less the size suffix.

    >>> picture_key("https://CDN.shopify.com/s/files/1/a/dress_1600x.jpg?v=17")
    '//cdn.shopify.com/s/files/1/a/dress.jpg'
    """
    parts = _split(url)
    path = SIZE_SUFFIX.sub(lambda found: found["extension"], parts.path)
    if not parts.netloc:
        return path
    if PICTURE_EXTENSION.search(path):
        return f"//{_host(parts)}{path}"
    named = [(word, value) for word, value in _query(parts) if word.lower() not in SENDING_WORDS]
    return f"//{_host(parts)}{path}" + (f"?{urlencode(sorted(named))}" if named else "")


def asked_px(url: str) -> float:
    """The longest side that a URL asks for in its size suffix or query; infinite where it asks for no size."""
    parts = _split(url)
    sizes = [int(value) for value in ASKED_SIDES.findall(parts.query)]
    found = SIZE_SUFFIX.search(parts.path)
    if found:
        named = NAMED_SIZES_PX.get((found["name"] or "").lower())
        sides = [int(side) for side in found.group("width", "height", "only_height") if side]
        return min([*sizes, (named or max(sides, default=0)) * int(found["scale"] or 1)])
    return max(sizes, default=math.inf)


def largest_variant(urls: Iterable[str]) -> str:
    """Of the URLs of one picture the one that brings most pixels; the first of equals. Raises ValueError for none."""
    return max(urls, key=asked_px)


def safe_name(product_id: str) -> str:
    """A product's id as a name of files: itself where it is plain, else what is plain of it with a digest.

    Two ids never share a name: a plain one has no tilde. It never begins with a dot, and has 80 letters at most.

    >>> safe_name("7843"), safe_name("../a b")
    ('7843', 'a-b~2c2c791a06')
    """
    if PLAIN_NAME.fullmatch(product_id):
        return product_id
    digest = hashlib.sha256(product_id.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST_DIGITS]
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", product_id).strip("-")[:KEPT_LETTERS]
    return f"{kept}~{digest}"


def _split(url: str) -> SplitResult:
    plain = PLAIN_URL.fullmatch(url)
    if plain:
        return SplitResult(plain[1], plain[2], plain[3], plain[4] or "", "")
    # What cannot be split is a name of its own; the fetch refuses it with its reason.
    try:
        return urlsplit(url.strip())
    except ValueError:
        return SplitResult("", "", url.strip(), "", "")


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    return parse_qsl(parts.query, keep_blank_values=True)


def _host(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2].lower()
    port = DEFAULT_PORTS.get(parts.scheme)
    return host.removesuffix(f":{port}") if port else host
