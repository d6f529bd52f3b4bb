"""Long texts shortened, with an ellipsis where words are left out."""

from __future__ import annotations


def shortened(text: str, letters: int) -> str:
    """A text of at most so many letters, with an ellipsis where its end is left out.

    >>> shortened("Asteroid City", 10), shortened("Anora", 10)
    ('Asteroid…', 'Anora')
    """
    return text if len(text) <= letters else text[: max(letters - 1, 1)].rstrip() + "…"
