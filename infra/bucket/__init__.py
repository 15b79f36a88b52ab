"""The object store, any that speaks S3."""

from infra.bucket.bucket import Bucket, ObjectHead, ObjectInfo

__all__ = ["Bucket", "ObjectHead", "ObjectInfo"]
