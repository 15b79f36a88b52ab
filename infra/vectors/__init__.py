"""The vector store: Qdrant, its engine in this process or a server. It can be filled again from the records."""

from infra.vectors.point import Equal, Hit, Point, collection_name, point_id
from infra.vectors.store import LOCAL_COMFORT_POINTS, Vectors

__all__ = ["LOCAL_COMFORT_POINTS", "Equal", "Hit", "Point", "Vectors", "collection_name", "point_id"]
