"""Sizes and spans of time as people say them."""


def bytes_text(size_bytes: int | None) -> str:
    """A size as people say it, in steps of 1024; empty for None.

    >>> bytes_text(3 * 1024**2)
    '3 MiB'
    """
    if size_bytes is None:
        return ""
    steps = (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024))
    for unit, step in steps:
        if size_bytes >= step:
            return f"{size_bytes / step:.{1 if unit == 'GiB' else 0}f} {unit}"
    return f"{size_bytes} B"


def duration_text(duration_s: float | None) -> str:
    """A span of time in its two largest units; empty for None.

    >>> duration_text(3725)
    '1 h 2 min'
    """
    if duration_s is None:
        return ""
    minutes, seconds = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    first = next((place for place, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count) or "0 s"
