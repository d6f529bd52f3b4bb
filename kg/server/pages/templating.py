"""A template's name and values walk in; text walks out, with every value escaped."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from kg.version import __version__

STATIC = files("kg.server.pages") / "static"
"""Where styles and scripts lie."""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; whatever is put into one is escaped, and a name that it is not given is an error."""
    made = Environment(
        loader=PackageLoader("kg.server.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"static": static_of, "version": __version__}
    made.filters["svg"] = _drawn
    return made


def render(template: str, /, **values: object) -> str:
    """A template with values in it."""
    return environment().get_template(template).render(**values)


def compile_all() -> None:
    """Compile every template, which takes longer than most pages: better before the first request than during it."""
    for name in environment().list_templates():
        environment().get_template(name)


@lru_cache(maxsize=16)
def static_of(name: str) -> str:
    """The address of a style or script, which changes when the file does, so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@pass_eval_context
def _drawn(_: EvalContext, svg: str) -> Markup:
    """A drawing of our own, whose texts its template has escaped."""
    return Markup(svg)  # noqa: S704
