"""What the host process answers about the catalogue's vectors."""

from typing import Annotated

from pydantic import Field

from functions.document import DocumentPart

Count = Annotated[int, Field(ge=0)]


class SyncReport(DocumentPart):
    """What was done to bring the vector store in step with the records of the catalogue."""

    stored: Count = 0
    """Vectors put into the store."""
    removed: Count = 0
    """Vectors taken out of it."""
    recovered: Count = 0
    """Of those put in, how many the records thought to be there and the store had lost."""
    embedder: str | None = None
    """What is matched against now, as name@version; null while no index is whole."""
    revision: Count = 0
    """How often what is stored of it has changed."""
    is_switched: bool = False
    """Whether another embedder's index took over in this step."""
    dropped: tuple[str, ...] = ()
    """Embedders whose old index was removed."""
