"""What a folder of vectors holds, in one file that is replaced in one step."""

import os
from pathlib import Path

import structlog
from pydantic import BaseModel, ValidationError

CONTENTS_FILE = "contents.json"

log = structlog.get_logger()


class Contents(BaseModel):
    """Collections, each with its vectors' names and lengths, and which of them each alias stands for.

    A collection is there once it is written here, and gone once it is no more.
    """

    collections: dict[str, dict[str, int]] = {}
    aliases: dict[str, str] = {}

    def having(self, collection: str, shape: dict[str, int]) -> "Contents":
        """These and one collection more."""
        return Contents(collections={**self.collections, collection: shape}, aliases=self.aliases)

    def without(self, collection: str) -> "Contents":
        """These without a collection and the aliases that stand for it."""
        return Contents(
            collections={name: shape for name, shape in self.collections.items() if name != collection},
            aliases={alias: name for alias, name in self.aliases.items() if name != collection},
        )

    def switched(self, alias: str, collection: str) -> "Contents":
        """These with an alias that stands for a collection."""
        return Contents(collections=self.collections, aliases={**self.aliases, alias: collection})

    def write(self, folder: Path) -> None:
        """Replace what the folder's file says; after a fault of the disk it says what it said."""
        scratch = folder / f".{CONTENTS_FILE}"
        with scratch.open("w") as file:
            file.write(self.model_dump_json(indent=2))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(folder / CONTENTS_FILE)


def read_contents(folder: Path) -> Contents:
    """What the folder's file says; nothing where there is none, or where it cannot be read."""
    try:
        return Contents.model_validate_json((folder / CONTENTS_FILE).read_bytes())
    except FileNotFoundError:
        return Contents()
    except ValidationError as error:
        log.error(
            "the list of stored vectors cannot be read and is begun anew; "
            "`reelwear vectors rebuild` fills them again from the records",
            file=str(folder / CONTENTS_FILE),
            error=str(error),
        )
        return Contents()
