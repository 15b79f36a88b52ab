"""The stack's own secrets: made on the first start, kept for good, readable by their owner alone."""

import secrets
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.errors import ErrorCode, ReelwearError
from infra.local.files import PRIVATE_FILE_MODE, write_private

CREDENTIALS_FILE = "credentials.json"


def _token() -> str:
    return secrets.token_hex(24)


class Credentials(BaseModel):
    """Keys and tokens of one data folder: hex digits, which need no quoting in a URL, a shell or an env file."""

    model_config = ConfigDict(frozen=True)

    s3_access_key: str = Field(default_factory=lambda: secrets.token_hex(10), min_length=1, repr=False)
    s3_secret_key: str = Field(default_factory=_token, min_length=1, repr=False)
    nats_token: str = Field(default_factory=_token, min_length=1, repr=False)
    api_token: str = Field(default_factory=_token, min_length=1, repr=False)
    hook_secret: str = Field(default_factory=_token, min_length=1, repr=False)
    model_server_token: str = Field(default_factory=_token, min_length=1, repr=False)
    ray_token: str = Field(default_factory=_token, min_length=1, repr=False)

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """The folder's credentials, made now if it has none; a file that others could read is closed to them.

        Raises BAD_SETTING when the file is there and cannot be understood: new keys would lock the old data out.
        """
        path = data_dir / CREDENTIALS_FILE
        try:
            path.chmod(PRIVATE_FILE_MODE)
            kept = cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            kept = cls()
        except ValidationError as problem:
            raise ReelwearError(
                ErrorCode.BAD_SETTING,
                f"{path} holds no credentials ({problem.error_count()} faults); "
                "restore it, or delete it to have new ones made",
            ) from problem
        if kept.model_fields_set < set(cls.model_fields):
            write_private(path, kept.model_dump_json(indent=2) + "\n")
        return kept
