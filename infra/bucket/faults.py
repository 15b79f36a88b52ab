"""What an S3 client raises, by the names of the house."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError, ParamValidationError

from infra.errors import ErrorCode, ReelwearError

MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NoSuchUpload", "NotFound"}
CHANGED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
REFUSED = {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
FULL = {"507", "InsufficientStorage", "XMinioStorageFull"}


@contextmanager
def named_faults(action: str, url: str) -> Iterator[None]:
    """Turn what the S3 client raises while it does `action` ("read videos/a.mp4") into `ReelwearError`."""
    try:
        yield
    except ClientError as error:
        raise _answered(error, action, url) from error
    except ParamValidationError as error:
        raise ReelwearError(ErrorCode.BAD_REQUEST, f"cannot {action}: {error}") from error
    except NoCredentialsError as error:
        message = f"cannot {action}: no keys for {url}; set REELWEAR_S3_ACCESS_KEY and REELWEAR_S3_SECRET_KEY"
        raise ReelwearError(ErrorCode.BAD_SETTING, message) from error
    except (BotoCoreError, HTTPClientError) as error:
        raise ReelwearError(ErrorCode.STORE_DOWN, f"cannot {action}: the object store at {url}: {error}") from error


@contextmanager
def named_disk_faults(path: object) -> Iterator[None]:
    """A full disk under a file that is being written, by name."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ReelwearError(ErrorCode.DISK_FULL, f"no room left on the disk of {path}; make room") from error


def is_missing(error: ClientError) -> bool:
    """Whether the store answered that there is no such object or bucket."""
    return error.response["Error"]["Code"] in MISSING


def _answered(error: ClientError, action: str, url: str) -> ReelwearError:
    code = error.response["Error"].get("Code", "")
    text = error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
    if code in MISSING:
        return ReelwearError(ErrorCode.OBJECT_GONE, f"cannot {action}: the object store has no such object")
    if code in CHANGED:
        return ReelwearError(ErrorCode.OBJECT_CHANGED, f"cannot {action}: the object was changed meanwhile")
    if code in REFUSED:
        message = f"cannot {action}: {url} refused the keys ({code}); check REELWEAR_S3_ACCESS_KEY and its secret"
        return ReelwearError(ErrorCode.BAD_SETTING, message)
    if code in FULL:
        return ReelwearError(ErrorCode.DISK_FULL, f"cannot {action}: the object store's disk is full; make room")
    if status >= 500 or code in ("SlowDown", "RequestTimeout", "429"):
        return ReelwearError(ErrorCode.STORE_DOWN, f"cannot {action}: {url} answered {status} {code} {text}")
    return ReelwearError(ErrorCode.BAD_REQUEST, f"cannot {action}: {url} refused it: {code} {text}")
