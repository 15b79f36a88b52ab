"""The settings in force: what each is, what it means, and where it came from."""

import os
from dataclasses import fields
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, JsonValue, SecretStr

from infra.settings import ENV_PREFIX, STACK_ENV_FILE, Settings

MASK = "••••••"


class SettingReport(BaseModel):
    """One setting by the name of its variable; `source` is `environment`, `stack.env`, `--data` or `default`."""

    model_config = ConfigDict(frozen=True)

    name: str
    room: str
    value: JsonValue
    source: str
    meaning: str


class SettingsReport(BaseModel):
    """All settings, room by room."""

    model_config = ConfigDict(frozen=True)

    settings: tuple[SettingReport, ...]


def settings_report(data_dir: Path | None) -> SettingsReport:
    """The settings as any command with this `--data` reads them, secrets masked. Raises BAD_SETTING."""
    settings = Settings.load(data_dir)
    stack_env = dotenv_values(settings.stack.data_dir / STACK_ENV_FILE)
    reports = []
    for room_field in fields(settings):
        room = getattr(settings, room_field.name)
        shown = room.model_dump(mode="json")
        for name, declared in type(room).model_fields.items():
            variable = f"{ENV_PREFIX}{name.upper()}"
            secret = getattr(room, name)
            value = (MASK if secret.get_secret_value() else "") if isinstance(secret, SecretStr) else shown[name]
            source = "--data" if name == "data_dir" and data_dir else _source(variable, value, stack_env)
            meaning = (declared.description or "").strip()
            reports.append(
                SettingReport(name=variable, room=room_field.name, value=value, source=source, meaning=meaning)
            )
    return SettingsReport(settings=tuple(reports))


def _source(variable: str, value: JsonValue, stack_env: dict[str, str | None]) -> str:
    given = next((text for name, text in os.environ.items() if name.upper() == variable), None)
    is_chosen_port = given is not None and given.strip() == "0" and variable.endswith("_PORT") and value != 0
    if given is not None and not is_chosen_port:
        return "environment"
    return STACK_ENV_FILE if variable in stack_env else "default"
