"""Text and attributes in XML 1.0 (https://www.w3.org/TR/xml/#charsets)."""

from __future__ import annotations

import html

_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}")
"""Characters that XML 1.0 cannot write, not even as a character reference."""


def xml_text(text: str) -> str:
    """The content of an element.

    >>> xml_text("Films & more \\x00")
    'Films &amp; more \N{REPLACEMENT CHARACTER}'
    """
    return html.escape(text.translate(_NOT_XML), quote=False).replace("\r", "&#13;")


def xml_attribute(text: str) -> str:
    """The value of an attribute, in quotes.

    >>> xml_attribute('a "film"')
    '"a &quot;film&quot;"'
    """
    return f'"{html.escape(text.translate(_NOT_XML), quote=False).replace(chr(34), "&quot;")}"'
