"""The Jinja templates; every value in them is escaped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from kg.server.pages.urls import query_url
from kg.server.request_params import site_path
from kg.version import __version__

STATIC = files("kg.server.pages") / "static"
"""The folder of styles and scripts."""
SITE_LINKS: ContextVar[Mapping[str, str]] = ContextVar("SITE_LINKS", default=MappingProxyType({}))
"""Title -> URL of further links at the end of each page; a published site has some."""

_LONG_WORD = 40
_FEW_LETTERS = 44


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; a name that a template does not receive is an error."""
    created = Environment(
        loader=PackageLoader("kg.server.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    created.globals |= {"static_url": static_url, "query_url": query_url, "site_path": site_path}
    created.globals |= {"site_links": SITE_LINKS.get, "has_static": has_static}
    created.globals["version"] = __version__
    created.filters |= {"svg": _safe_svg, "has_long_word": has_long_word}
    created.filters |= {"first_words": first_words, "last_words": last_words}
    return created


def render(template: str, /, **values: object) -> str:
    """The text of a template with values."""
    return environment().get_template(template).render(**values)


def compile_all() -> None:
    """Compile every template; this takes longer than most pages, so it is done before the first request."""
    for name in environment().list_templates():
        environment().get_template(name)


def static_url(name: str) -> str:
    """The URL of a style or script; it changes with the file, so the file may be cached for ever."""
    return site_path(f"/static/{name}?v={_digest(name)}")


@lru_cache(maxsize=16)
def has_static(name: str) -> bool:
    """True when a style or script is there; those that are bundled from npm packages may be missing."""
    return (STATIC / name).is_file()


@lru_cache(maxsize=16)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def has_long_word(text: str) -> bool:
    """True for a text that would widen a page, unless its words are broken.

    >>> has_long_word("A film about " + "x" * 60), has_long_word("A film")
    (True, False)
    """
    return any(len(word) > _LONG_WORD for word in text.split())


def first_words(text: str) -> str:
    """The beginning of a text, in whole words.

    >>> first_words(" and " + "many words " * 9), first_words(" ethnicity.")
    (' and many words many words many words many…', ' ethnicity.')
    """
    return text if len(text) <= _FEW_LETTERS else text[:_FEW_LETTERS].rsplit(" ", 1)[0] + "…"


def last_words(text: str) -> str:
    """The end of a text, in whole words.

    >>> last_words("Although " + "many words " * 6)
    '…words many words many words many words '
    """
    return text if len(text) <= _FEW_LETTERS else "…" + text[-_FEW_LETTERS:].split(" ", 1)[-1]


@pass_eval_context
def _safe_svg(_: EvalContext, svg: str) -> Markup:
    """An SVG made here, in which all texts are escaped already."""
    return Markup(svg)  # noqa: S704
