from dataclasses import fields

from infra.settings import Settings


def test_every_setting_says_what_it_means_and_has_one_name() -> None:
    named: dict[str, str] = {}
    for room in fields(Settings):
        for name, setting in type(getattr(Settings(), room.name)).model_fields.items():
            assert setting.description, f"{room.name}.{name} has no docstring"
            assert name not in named, f"{name} is a setting of {room.name} and of {named[name]}"
            named[name] = room.name
    assert len(named) > 30
