"""The catalogue's part of the vector store filled again from the records."""

from sqlalchemy import select

from functions.catalog.answers import SyncReport
from functions.catalog.indexes import all_indexes
from functions.catalog.losses import ALIAS, await_again
from functions.catalog.vectors import sync_products
from functions.services import Services
from infra.errors import ErrorCode, ReelwearError
from infra.records.tables import ProductVectorRow


def rebuild_products(services: Services) -> SyncReport:
    """Store every vector of the catalogue's indexes again, and remove what the records do not know.

    Harmless to repeat or to break off: what is missing then still waits to be stored.
    """
    embedders = [index.embedder for index in all_indexes(services.records)]
    services.vectors.keep_models(ALIAS, embedders)
    for embedder in embedders:
        await_again(services, embedder)
        _forget_strays(services, embedder)
    return sync_products(services)


def _forget_strays(services: Services, embedder: str) -> None:
    rows = select(ProductVectorRow.product_id, ProductVectorRow.part).where(
        ProductVectorRow.embedder == embedder, ProductVectorRow.state != "kept"
    )
    with services.records.transaction() as session:
        known = {(row.product_id, row.part) for row in session.execute(rows)}
    try:
        strays = [
            (point.owner, point.part)
            for point in services.vectors.points(ALIAS, embedder)
            if (point.owner, point.part) not in known
        ]
    except ReelwearError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return
    services.vectors.delete_parts(ALIAS, embedder, strays)
