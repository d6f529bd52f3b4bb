"""Addresses of the server as files of a folder, and the links between these files.

A page is the `index.html` of a folder, so that its URL is that of the server: `/film/anora` is
`film/anora/index.html`. Parameters are further folders: `/film/anora?all=castMember` is
`film/anora/all/castMember/index.html`. Names are ASCII, and no two differ in case alone, so that the folder
can be copied to any file system and served by any host.
"""

from __future__ import annotations

import hashlib
import html
import os.path
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_MAX_NAME = 80
_ATTRIBUTE = re.compile(r'(?P<space>\s)(?P<name>href|src|action|data-suggest|data-vocabulary)="(?P<url>/[^"]*)"')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|\..*|.*\.|", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """The path and the parameters of a URL of the server, decoded."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The parameters by name."""
        return dict(self.parameters)

    @property
    def query(self) -> str:
        """The parameters as they are in a URL."""
        return urlencode(self.parameters)

    def __str__(self) -> str:
        return quote(self.path) + (f"?{self.query}" if self.parameters else "")


def parse_address(url: str) -> tuple[Address, str]:
    """The address of a URL that begins with `/`, and its fragment.

    >>> parse_address("/film/anora?all=castMember#top")
    (Address(path='/film/anora', parameters=(('all', 'castMember'),)), 'top')
    """
    parts = urlsplit(url)
    return Address(unquote(parts.path), tuple(parse_qsl(parts.query, keep_blank_values=True))), parts.fragment


class SiteFiles:
    """The files of a site by the addresses that they are for."""

    def __init__(self) -> None:
        self._paths: dict[Address, str] = {}
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def __contains__(self, address: Address) -> bool:
        return address in self._paths

    def __iter__(self) -> Iterator[Address]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, address: Address) -> str:
        """The path of the file of an address, from the folder of the site."""
        return self._paths[address]

    def add(self, address: Address, *, is_page: bool) -> str:
        """The path of a new file for an address."""
        path = to_file_path(address, is_page=is_page)
        if not self._is_free(path):
            # What differs in case alone, or is a file here and a folder there, goes into a folder of its own.
            path = f"~{hashlib.sha256(str(address).encode()).hexdigest()[:10]}/{path}"
        self._paths[address] = path
        self._files.add(path.casefold())
        self._folders.update(_folders_of(path.casefold()))
        return path

    def alias(self, address: Address, other: Address) -> None:
        """Let an address mean the file of another one."""
        self._paths[address] = self._paths[other]

    def _is_free(self, path: str) -> bool:
        folded = path.casefold()
        is_taken = folded in self._files or folded in self._folders
        return not is_taken and self._files.isdisjoint(_folders_of(folded))


def _folders_of(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def to_file_path(address: Address, *, is_page: bool) -> str:
    """The path of the file of an address.

    >>> to_file_path(Address("/film/amélie", (("page", "2"),)), is_page=True)
    'film/am~C3~A9lie/page/2/index.html'
    >>> to_file_path(Address("/queries/cast.csv", (("film", "film:anora"),)), is_page=False)
    'queries/cast/film/film~3Aanora/cast.csv'
    """
    names = [name for name in address.path.split("/") if name]
    values = [text for parameter in address.parameters for text in parameter]
    last = [] if is_page else [names.pop()]
    if last and values:
        names.append(last[0].rpartition(".")[0] or last[0])
    return "/".join([*map(_to_name, (*names, *values)), *(map(_to_name, last) if last else ["index.html"])])


def _to_name(text: str) -> str:
    """A text as the name of a file, in letters that every file system and host has."""
    name = quote(text, safe="").replace("%", "~")
    if len(name) > _MAX_NAME:
        name = f"{name[: _MAX_NAME - 11]}~{hashlib.sha256(text.encode()).hexdigest()[:10]}"
    return f"~{name}~" if _RESERVED.fullmatch(name) else name


# --- links


def find_links(page: str) -> Iterator[str]:
    """Yield the URLs of this site that a page of the server names."""
    for match in _ATTRIBUTE.finditer(page):
        yield html.unescape(match["url"])


def relative_url(path: str, *, start: str) -> str:
    """The URL of a file as a page of the site names it; that of an `index.html` is its folder's.

    >>> relative_url("film/anora/index.html", start="queries/index.html")
    '../film/anora/'
    >>> relative_url("index.html", start="index.html")
    './'
    """
    target = path.removesuffix("index.html") if path.endswith("/index.html") or path == "index.html" else path
    relative = os.path.relpath(target or ".", start.rpartition("/")[0] or ".").replace(os.sep, "/")
    return f"{relative}/" if not target or target.endswith("/") else relative


def rewrite_links(page: str, resolve: Callable[[str], str | None]) -> str:
    """A page with the URLs that `resolve` gives for those of the server; a link to what has none is plain text.

    A field that gets suggestions names the class of the entities in `data-kind`, since the browser has the names.
    """

    def replace(match: re.Match[str]) -> str:
        url = html.unescape(match["url"])
        if match["name"] == "data-suggest":
            kind = parse_address(url)[0].values.get("kind", "")
            return f'{match["space"]}data-kind="{html.escape(kind)}"'
        target = resolve(url)
        return f'{match["space"]}{match["name"]}="{html.escape(target)}"' if target is not None else ""

    return _ATTRIBUTE.sub(replace, page)
