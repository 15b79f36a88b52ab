"""The vibes and the words that speak for them: data that ships, and that a setting may replace."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from infra.errors import ErrorCode, ReelwearError

VIBES_FILE = Path(__file__).with_name("vibes.json")

Name = Annotated[str, Field(min_length=1, max_length=60)]
Weight = Annotated[float, Field(gt=0, le=5)]


class VibeDefinition(BaseModel):
    """One vibe. words: words, phrases or emoji in lower case with their weight; about 1.5 names the vibe, 0.2 only
    adds to others. A phrase also stands for the hashtag of its words joined ("clean girl", #cleangirl).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    name: Name
    description: Annotated[str, Field(max_length=500)] = ""
    words: Annotated[dict[Name, Weight], Field(min_length=1)]


VIBE_LIST: TypeAdapter[tuple[VibeDefinition, ...]] = TypeAdapter(tuple[VibeDefinition, ...])


def load_vibes(file: Path | None = None) -> tuple[VibeDefinition, ...]:
    """The vibes of a JSON list, or those that ship. Raises BAD_SETTING naming what is wrong with the file."""
    source = file or VIBES_FILE
    try:
        vibes = VIBE_LIST.validate_python(json.loads(source.read_text("utf-8")))
    except OSError as error:
        raise bad_file(source, f"cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise bad_file(source, f"at {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise bad_file(source, f"is no JSON: {error}") from error
    for field in ("id", "name"):
        values = [getattr(vibe, field) for vibe in vibes]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise bad_file(source, f"has the {field} {twice[0]!r} twice; give each vibe its own")
    return vibes


def bad_file(file: Path, problem: str) -> ReelwearError:
    """A list of vibes that cannot be used."""
    return ReelwearError(ErrorCode.BAD_SETTING, f"REELWEAR_VIBES_FILE {file} {problem}")
