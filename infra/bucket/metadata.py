"""Object metadata travels in HTTP headers, which carry ASCII alone: other text goes as RFC 2047 encoded words."""

import base64
from collections.abc import Mapping
from email.errors import MessageError
from email.header import decode_header, make_header


def encode_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata ready for headers: what a header would not keep as it is becomes one base64 encoded word.

    >>> encode_metadata({"caption": "été"})
    {'caption': '=?UTF-8?B?w6l0w6k=?='}
    """
    return {name: value if _survives(value) else _encoded_word(value) for name, value in metadata.items()}


def decode_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Metadata as it was meant: encoded words, also of other writers, and bare UTF-8 become text; the rest stays."""
    return {name: _decode(value) for name, value in headers.items()}


def _survives(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip() and "=?" not in value


def _encoded_word(value: str) -> str:
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def _decode(value: str) -> str:
    if "=?" in value:
        try:
            return str(make_header(decode_header(value)))
        except (MessageError, LookupError, ValueError):
            return value
    try:
        # Headers are read as Latin-1, whatever bytes the writer put there.
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
