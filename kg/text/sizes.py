"""Sizes of memory and disk in words: `4GB` read, and numbers of bytes written."""

from __future__ import annotations

import re

_UNITS = {
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", start=1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", start=1)},
}
_SIZE = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*)\s*", re.ASCII)


def to_bytes(text: str, *, unit: str = "") -> int:
    """The number of bytes of a size such as `4GB`, `1.5 GiB` or `512mb`; a number alone has the `unit`, if any.

    Raises `ValueError` for any other text, and for what is less than a byte.

    >>> to_bytes("4GB"), to_bytes("1.5 GiB"), to_bytes("512", unit="MiB")
    (4000000000, 1610612736, 536870912)
    """
    match = _SIZE.fullmatch(text)
    factor = _UNITS.get((match[2] or unit).upper()) if match is not None else None
    if match is None or factor is None or (size := int(float(match[1]) * factor)) < 1:
        raise ValueError(f"{text!r} is not a size of memory; write it like 2GB")
    return size


def format_bytes(size: float) -> str:
    """A number of bytes with two digits.

    >>> format_bytes(4_260_000_000), format_bytes(57_400_000), format_bytes(1_230_000), format_bytes(900)
    ('4.3 GB', '57 MB', '1.2 MB', '900 bytes')
    """
    for name in ("TB", "GB", "MB", "kB"):
        if (number := size / _UNITS[name.upper()]) >= 1:
            return f"{number:.1f} {name}" if number < 9.95 else f"{number:,.0f} {name}"
    return f"{size:.0f} bytes"
