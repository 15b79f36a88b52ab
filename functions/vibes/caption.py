"""The caption of a reel, from wherever it came: object metadata, a text file, or an Instagram download's JSON."""

import json
import lzma
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.errors import ErrorCode, ReelwearError

MAX_TEXT_BYTES = 64 * 1024
MAX_PACKED_BYTES = 4 * 1024**2
MAX_POST_BYTES = 16 * 1024**2
LZMA_MEMORY_BYTES = 128 * 1024**2
HASH_SIGNS = "#＃"
JOINERS = "_\u200c\u200d"

# Where the posts of an Instagram download stand in their file (instaloader 4, graphql pages, the newer web answers).
POST_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("node",),
    ("graphql", "shortcode_media"),
    ("data", "xdt_shortcode_media"),
    ("data", "shortcode_media"),
    ("items", 0),
    (),
)
# Where a post keeps its caption.
CAPTION_PATHS: tuple[tuple[str | int, ...], ...] = (
    ("edge_media_to_caption", "edges", 0, "node", "text"),
    ("iphone_struct", "caption", "text"),
    ("caption", "text"),
    ("caption",),
)
POST_MARKS = ("edge_media_to_caption", "iphone_struct", "caption", "shortcode", "__typename")


@dataclass(frozen=True)
class Caption:
    """The words under a reel. text: as written, its hashtags in it. hashtags: without the sign, as first written,
    each once whatever its case, those of the text before those that came apart from it.
    """

    text: str
    hashtags: tuple[str, ...]


NO_CAPTION = Caption("", ())


def read_text(text: str) -> Caption:
    """A caption written as one text.

    >>> read_text("Garden lunch #CottageCore #cottagecore 50% off #1")
    Caption(text='Garden lunch #CottageCore #cottagecore 50% off #1', hashtags=('CottageCore',))
    """
    clean = printable(text).strip()
    return Caption(clean, unique(tag for _, _, tag in find_hashtags(clean)))


def read_metadata(metadata: Mapping[str, str]) -> Caption | None:
    """The caption of an object's metadata: keys `caption` and `hashtags` (apart by spaces, commas or signs), in any
    case; None if it has neither.
    """
    known = {key.casefold(): value for key, value in metadata.items()}
    if not {"caption", "hashtags"} & known.keys():
        return None
    caption = read_text(known.get("caption", ""))
    listed = printable(known.get("hashtags", ""))
    for sign in HASH_SIGNS + ",;":
        listed = listed.replace(sign, " ")
    tags = (tag for word in listed.split() for _, _, tag in find_hashtags(f"#{word}"))
    return Caption(caption.text, unique((*caption.hashtags, *tags)))


def read_sidecar(data: bytes) -> Caption:
    """The caption of a `.txt` beside the video: UTF-8, or UTF-16 with its mark. Raises BAD_CAPTION."""
    if len(data) > MAX_TEXT_BYTES:
        raise bad_caption(f"the caption file has {len(data)} bytes, over the limit of {MAX_TEXT_BYTES}; shorten it")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return read_text(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise bad_caption(f"the caption file is not {encoding} at byte {error.start}; save it as UTF-8") from error


def read_post(data: bytes) -> Caption:
    """The caption of a `.json.xz` of the Instagram download layout; an empty one for a post without caption.
    Raises BAD_CAPTION for a file that is damaged, grows beyond MAX_POST_BYTES, or is no post.
    """
    try:
        document = json.loads(unpack(data))
    except (ValueError, RecursionError) as error:
        raise bad_caption(
            f"the .json.xz holds no JSON that can be read ({type(error).__name__}); save it again"
        ) from error
    posts = [post for path in POST_PATHS if isinstance(post := dig(document, path), dict)]
    post = next((post for post in posts if any(mark in post for mark in POST_MARKS)), None)
    if post is None:
        raise bad_caption("the .json.xz has no post (no 'node' with a caption); use the file that belongs to the video")
    texts = (dig(post, path) for path in CAPTION_PATHS)
    return read_text(next((text for text in texts if isinstance(text, str) and text.strip()), ""))


def choose(metadata: Caption | None = None, sidecar: Caption | None = None, post: Caption | None = None) -> Caption:
    """One caption of all that arrived, in whatever order: the text of the metadata goes before that of the text file,
    and that before the post's; the hashtags of all are kept.
    """
    sources = [source for source in (metadata, sidecar, post) if source]
    text = next((source.text for source in sources if source.text), "")
    return Caption(text, unique(tag for source in sources for tag in source.hashtags))


def unpack(data: bytes) -> bytes:
    """The content of an .xz file, of bounded size and memory; raises BAD_CAPTION."""
    if len(data) > MAX_PACKED_BYTES:
        raise bad_caption(f"the .json.xz has {len(data)} bytes, over the limit of {MAX_PACKED_BYTES}")
    try:
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES)
        content = decompressor.decompress(data, max_length=MAX_POST_BYTES)
    except lzma.LZMAError as error:
        raise bad_caption(f"the .json.xz is not an .xz file that can be unpacked: {error}") from error
    if decompressor.eof:
        return content
    if len(content) >= MAX_POST_BYTES:
        raise bad_caption(f"the .json.xz unpacks to more than the limit of {MAX_POST_BYTES} bytes")
    raise bad_caption(f"the .json.xz ends after {len(data)} bytes in the middle of its data; save it again")


def dig(value: object, path: Iterable[str | int]) -> object:
    """What stands at a path of keys and positions; None where there is nothing."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def find_hashtags(text: str) -> list[tuple[int, int, str]]:
    """(start, end, tag) of each hashtag: a sign, then letters, digits and marks of any script, not digits alone. A sign
    within a word begins none, unless that word is a hashtag itself (#one#two).
    """
    found: list[tuple[int, int, str]] = []
    start, chained = 0, -1
    while start < len(text):
        if text[start] not in HASH_SIGNS or (start and start != chained and is_attached(text[start - 1])):
            start += 1
            continue
        end = start + 1
        while end < len(text) and is_tag_character(text[end]):
            end += 1
        tag = text[start + 1 : end]
        if any(unicodedata.category(character)[0] == "L" for character in tag):
            found.append((start, end, tag))
            chained = end
        start = end
    return found


def is_tag_character(character: str) -> bool:
    """Whether a hashtag goes on with this character."""
    return character in JOINERS or unicodedata.category(character)[0] in "LNM"


def is_attached(before: str) -> bool:
    """Whether a sign after this character belongs to a word, a link or an escape."""
    return before in "&/" or is_tag_character(before)


def unique(tags: Iterable[str]) -> tuple[str, ...]:
    """Each tag once, as first written, whatever its case."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(tag.casefold(), tag)
    return tuple(first.values())


def printable(text: str) -> str:
    """The text in composed form, without what no store takes: lone surrogates and control characters."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    kept = (c for c in whole if c in "\n\t" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", "".join(kept))


def bad_caption(message: str) -> ReelwearError:
    """A caption that cannot be read."""
    return ReelwearError(ErrorCode.BAD_CAPTION, message)
