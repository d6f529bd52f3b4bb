"""Which hosts a request may name, and which web pages may read.

A web page that somebody opens can send requests to a server on the same machine. It reads the answers when its own host
name is made to lead there (DNS rebinding: `Host` is then that name), or when they allow its origin (CORS, `Origin`). So
a server that only this machine reaches answers under loopback names and those that it is given, and only pages of such
hosts may read, unless `--cors` is given. One that others reach is for everybody, also for pages.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from kg.errors import InputError

_HOST = re.compile(rb"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[^\s:/@\[\]]{1,255})(?::[0-9]{1,5})?")
_URL = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*)/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AccessRules:
    """`hosts` are the names that a request may have besides loopback ones, None where it may have any.

    With `is_open`, pages of any site may read.
    """

    hosts: frozenset[str] | None = None
    is_open: bool = True

    def allows_host(self, headers: Mapping[bytes, bytes]) -> bool:
        """True when a request with these headers names a host that it may name; HTTP/1.0 needs none."""
        return self.hosts is None or b"host" not in headers or _is_among(self.hosts, headers[b"host"])

    def allows_origin(self, headers: Mapping[bytes, bytes]) -> bool:
        """True when no page sends the request, or one that may read; or a link was followed, which reads nothing."""
        if self.is_open:
            return True
        origin = headers.get(b"origin")
        if origin is not None:
            scheme, separator, host = origin.partition(b"://")
            return scheme in (b"http", b"https") and bool(separator) and _is_among(self.hosts or frozenset(), host)
        is_followed = headers.get(b"sec-fetch-mode", b"") == b"navigate"
        return is_followed or headers.get(b"sec-fetch-site", b"") != b"cross-site"


OPEN = AccessRules()


def access_rules(host: str, *, url: str | None = None, names: tuple[str, ...] = (), cors: bool = False) -> AccessRules:
    """The rules of a server that listens on `host`, whose public URL is `url`, and which has further `names`.

    >>> access_rules("127.0.0.1").is_open, access_rules("0.0.0.0").is_open
    (False, True)
    """
    if not is_loopback(host):
        return OPEN
    public = (urlsplit(url).hostname or "") if url else ""
    hosts = frozenset(name.lower() for name in (*names, public) if name)
    return AccessRules(hosts, is_open=cors or bool(public and not is_loopback(public)))


def is_loopback(host: str) -> bool:
    """True for a name or address by which only this machine is reached.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "[::1]", "0.0.0.0", "localhost.example")]
    [True, True, True, False, False]
    """
    name = host.lower().rstrip(".").strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def parse_public_url(text: str) -> str:
    """A public URL without a slash at its end; raises `InputError` when it is no http or https URL of a host.

    >>> parse_public_url("https://example.org/films/")
    'https://example.org/films'
    """
    try:
        is_url = _URL.fullmatch(text) is not None and bool(urlsplit(text).hostname) and urlsplit(text).port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise InputError(f"--url must be a URL such as https://films.example.org or https://example.org/films: {text}")
    return text.rstrip("/")


@lru_cache(maxsize=256)
def _is_among(hosts: frozenset[str], field: bytes) -> bool:
    match = _HOST.fullmatch(field.strip())
    if match is None:
        return False
    name = match["name"].decode("ascii", "replace").lower().rstrip(".")
    return name in hosts or is_loopback(name)
