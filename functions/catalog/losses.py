"""What the records think stored and the vector store does not have."""

from sqlalchemy import func, select, update

from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import CatalogIndex, ProductVectorRow

ALIAS = "products"


def lost_products(services: Services) -> int:
    """How many vectors of the live index the vector store has lost; none where there is no index."""
    with services.records.transaction() as session:
        embedder = session.scalar(select(CatalogIndex.embedder).where(CatalogIndex.state == "live"))
    return _lost(services, embedder) if embedder else 0


def lost_words(services: Services) -> str | None:
    """What to tell of vectors that were lost, with the way out; None where none were."""
    lost = lost_products(services)
    if not lost:
        return None
    return f"the vector store has lost {lost} vectors of products; `reelwear vectors rebuild` brings them back"


def expect_lost(services: Services, embedder: str) -> int:
    """Where the store has fewer vectors than the records think, let all of them wait again; how many it had lost."""
    lost = _lost(services, embedder)
    if lost:
        await_again(services, embedder)
    return lost


def await_again(services: Services, embedder: str) -> None:
    """Let every vector that the records think stored wait to be stored again."""
    stored = ProductVectorRow.embedder == embedder, ProductVectorRow.state == "stored"
    with services.records.transaction() as session:
        session.execute(update(ProductVectorRow).where(*stored).values(state="pending"))


def _lost(services: Services, embedder: str) -> int:
    stored = ProductVectorRow.embedder == embedder, ProductVectorRow.state == "stored"
    with services.records.transaction() as session:
        expected = session.scalar(select(func.count()).select_from(ProductVectorRow).where(*stored)) or 0
    return max(0, expected - _points(services, embedder))


def _points(services: Services, embedder: str) -> int:
    try:
        return services.vectors.count(ALIAS, embedder)
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return 0
