"""Where pictures lie: `product_<id>/<id>_<number>.<ext>`, and beside them what is known of the product and of each."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from catalog_jobs.catalog.fetching.content import Content, Format
from catalog_jobs.catalog.fetching.faults import PictureFault, Reason
from catalog_jobs.catalog.pictures import safe_name

INFO_FILE: Final = "product_info.json"
TEXT_FILE: Final = "product_info.txt"
# Pictures are small: most come whole before their part file would be opened.
BUFFER_BYTES: Final = 256 * 1024


class KeptPicture(BaseModel):
    """A picture that lies here. url: where it came from. size_wh: before any rotation. etag, last_modified: what its
    server said of this content; of a copied file, etag is its size and time.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    file: str
    url: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    is_cmyk: bool = False
    etag: str | None = None
    last_modified: str | None = None


class ProductInfo(BaseModel):
    """`product_info.json`: what the shop says of the product, and the pictures that lie beside it, by number."""

    model_config = ConfigDict(extra="allow")

    id: str
    pictures: list[KeptPicture] = Field(default_factory=list)


class PartMemo(BaseModel):
    """What a part file is the beginning of. validator: a strong ETag, or else Last-Modified."""

    url: str
    validator: str


class ProductFolder:
    """The folder of one product, and what is known of what lies in it; made when the first thing is written."""

    def __init__(self, root: Path, product_id: str, details: Mapping[str, JsonValue] | None = None) -> None:
        """Read what is known; what cannot be read counts as nothing known. Raises `folder_taken`."""
        self.stem = safe_name(product_id)
        self.path = root / f"product_{self.stem}"
        found = _read_info(self.path / INFO_FILE)
        if found and found.id != product_id:
            raise PictureFault(
                Reason.FOLDER_TAKEN, f"{self.path} is the folder of product {found.id}; move one of them elsewhere"
            )
        known = (found.model_extra or {}) if found else {}
        told = known if details is None else details
        self._details = {name: value for name, value in told.items() if name not in ProductInfo.model_fields}
        self._product_id = product_id
        self._is_unknown = found is None and self.path.is_dir()
        self._pictures = {one.number: one for one in found.pictures} if found else {}
        self._is_changed = found is None or self._details != known or not (self.path / TEXT_FILE).is_file()

    def known(self, number: int) -> KeptPicture | None:
        """What is known of a picture if it lies here whole, by its size; files appear in one step, when they are."""
        picture = self._pictures.get(number)
        if picture is None or Path(picture.file).name != picture.file:
            return None
        try:
            size_bytes = (self.path / picture.file).stat().st_size
        except OSError:
            return None
        return picture if size_bytes == picture.size_bytes else None

    def part(self, number: int) -> "Part":
        """The beginning of a picture, if an earlier run left one."""
        return Part(self.path / f".{self._name(number)}.part")

    def settle(self, number: int, url: str, part: "Part", content: Content, told: Mapping[str, str]) -> KeptPicture:
        """Put a whole picture in its place; one of another format that had the number goes. told: the headers.

        Only `know` takes note of it, so that this may run in another thread than what goes on with the folder.
        """
        name = f"{self._name(number)}.{content.format}"
        sha256, size_bytes = part.become(self.path / name)
        for other in self._others(number, name):
            (self.path / other).unlink(missing_ok=True)
        return KeptPicture(
            number=number,
            file=name,
            url=url,
            width=content.width,
            height=content.height,
            size_bytes=size_bytes,
            sha256=sha256,
            is_cmyk=content.is_cmyk,
            etag=told.get("etag"),
            last_modified=told.get("last-modified"),
        )

    def know(self, picture: KeptPicture) -> None:
        """Take note of a picture; `save` writes it down."""
        if self._pictures.get(picture.number) != picture:
            self._pictures[picture.number] = picture
            self._is_changed = True

    def save(self) -> None:
        """Write down what is known, if it changed."""
        if not self._is_changed:
            return
        pictures = [self._pictures[number] for number in sorted(self._pictures)]
        info = ProductInfo.model_validate({"id": self._product_id, **self._details, "pictures": pictures})
        self.path.mkdir(parents=True, exist_ok=True)
        replace_text(self.path / INFO_FILE, info.model_dump_json(indent=2, exclude_none=True) + "\n")
        replace_text(self.path / TEXT_FILE, text_of(info))
        self._is_changed = False

    def _others(self, number: int, name: str) -> list[str]:
        """Files of other formats that have the number: the known one, or whichever there are if nothing was known."""
        known = self._pictures.get(number)
        if known:
            names = [known.file]
        else:
            names = [f"{self._name(number)}.{one}" for one in Format] if self._is_unknown else []
        return [one for one in names if one != name and Path(one).name == one]

    def _name(self, number: int) -> str:
        return f"{self.stem}_{number:03d}"


class Part:
    """A picture that is coming: in memory at first, in a part file beyond BUFFER_BYTES or when it has to wait.

    url, validator: what it is the beginning of; without a validator it cannot be gone on with.
    """

    def __init__(self, path: Path) -> None:
        """Take up what lies there, if it says what it is."""
        self.path = path
        self._memo_path = path.with_name(f"{path.name}.json")
        self._memory = bytearray()
        self._written_bytes = 0
        self.url, self.validator = "", ""
        memo = _read_memo(self._memo_path)
        if memo and path.is_file():
            self.url, self.validator = memo.url, memo.validator
            self._written_bytes = path.stat().st_size
        elif self._memo_path.exists():
            self._memo_path.unlink()

    @property
    def size_bytes(self) -> int:
        """How much came."""
        return self._written_bytes + len(self._memory)

    def begin(self, url: str, validator: str) -> None:
        """Start anew, with another content; what was said of the old one goes before the new one is written."""
        if self._written_bytes:
            self._memo_path.unlink(missing_ok=True)
        self._memory.clear()
        self._written_bytes = 0
        self.url, self.validator = url, validator

    def add(self, chunk: bytes) -> None:
        """Take in what came."""
        self._memory += chunk
        if len(self._memory) >= BUFFER_BYTES:
            self._write()

    def head(self, count: int) -> bytes:
        """The first bytes."""
        return (self.content() if self._written_bytes else bytes(self._memory[:count]))[:count]

    def content(self) -> bytes:
        """All that came."""
        return (self.path.read_bytes() if self._written_bytes else b"") + bytes(self._memory)

    def keep(self) -> None:
        """Leave what came for another run, where it can be gone on with; else leave nothing."""
        if not self.size_bytes or not self.validator:
            self.drop()
            return
        self._write()
        replace_text(self._memo_path, PartMemo(url=self.url, validator=self.validator).model_dump_json())

    def drop(self) -> None:
        """Leave nothing."""
        self.begin("", "")
        self._memo_path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    def become(self, path: Path) -> tuple[str, int]:
        """Put all that came in its place in one step; its SHA-256 and size."""
        digest, size_bytes = hashlib.sha256(self.content()).hexdigest(), self.size_bytes
        self._write()
        self.path.replace(path)
        if self._memo_path.exists():
            self._memo_path.unlink()
        self.begin("", "")
        return digest, size_bytes

    def _write(self) -> None:
        if not self._memory and self._written_bytes:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab" if self._written_bytes else "wb") as out:
            out.write(self._memory)
        self._written_bytes += len(self._memory)
        self._memory.clear()


def write_details(root: Path, product_id: str, details: Mapping[str, JsonValue]) -> None:
    """What the shop says of a product, written beside its pictures; also for one that has none."""
    ProductFolder(root, product_id, details).save()


def text_of(info: ProductInfo) -> str:
    """`product_info.txt`: the same for people, a line each."""
    lines = [f"id: {info.id}"]
    lines += [f"{name}: {_words(value)}" for name, value in (info.model_extra or {}).items() if value not in (None, "")]
    lines.append(f"pictures: {len(info.pictures)}")
    lines += [f"  {one.file}  {one.width}×{one.height}  {one.url}" for one in info.pictures]
    return "\n".join(lines) + "\n"


def replace_text(path: Path, text: str) -> None:
    """Replace a file's content in one step: readers see the old or the new, never half."""
    scratch = path.with_name(f".{path.name}.part")
    scratch.write_bytes(text.encode("utf-8", "surrogatepass"))
    os.replace(scratch, path)  # noqa: PTH105 - called for every product; Path.replace builds a path besides


def _words(value: JsonValue) -> str:
    told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(told.split())


def _read_info(path: Path) -> ProductInfo | None:
    try:
        return ProductInfo.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _read_memo(path: Path) -> PartMemo | None:
    try:
        return PartMemo.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
