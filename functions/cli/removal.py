"""`reelwear rm`: uploads out of the bucket."""

from collections.abc import Sequence

from functions.cli.client import HostClient
from functions.cli.references import key_of, video_of
from functions.cli.uploads import SIDECARS, sidecar_key
from infra.bucket import Bucket
from infra.settings import Settings


def remove(settings: Settings, references: Sequence[str]) -> list[str]:
    """Remove what each word names: a key, its upload and sidecars; an id or a file, every upload of the video.

    Gives the keys and ids removed. Raises NOT_FOUND at the first word that names nothing; those before it are removed.
    """
    removed = []
    with HostClient.from_settings(settings) as client:
        for reference in references:
            key = key_of(client, reference)
            if key is None:
                video_id = video_of(client, reference)
                client.remove_video(video_id)
                removed.append(video_id)
            else:
                Bucket(settings.bucket).delete([key, *(sidecar_key(key, suffix) for suffix in SIDECARS)])
                removed.append(key)
    return removed
