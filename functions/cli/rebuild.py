"""`reelwear vectors rebuild`, whether the stack runs or not."""

from functions.cli.client import HostClient
from functions.search.answers import RebuiltVectors
from functions.search.rebuild import rebuild_vectors
from functions.services import open_services
from infra.errors import ErrorCode, ReelwearError
from infra.settings import Settings


def rebuild_anywhere(settings: Settings) -> RebuiltVectors:
    """Have the host process do it, which owns the vectors while it runs; where none runs, open the stores here."""
    with HostClient.from_settings(settings) as client:
        try:
            return client.rebuild_vectors()
        except ReelwearError as error:
            if error.code is not ErrorCode.NOT_RUNNING:
                raise
    services = open_services(settings, spare_decoders=0)
    try:
        return rebuild_vectors(services)
    finally:
        services.close()
