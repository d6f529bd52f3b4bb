"""A served graph and a real browser, with and without scripts.

The browser is the one that `KG_BROWSER` names, or else an installed Chromium; without either these tests are skipped.
A browser that `KG_BROWSER` names must start.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kg.project import Project
from tests.server.pages.film_project import make_film_project

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def served_films(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project that is served."""
    return make_film_project(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def address(served_films: Project) -> Iterator[str]:
    """The URL of the server, a process of its own, started as people start it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call = [sys.executable, "-m", "kg", "serve", "--project", str(served_films.folder), "--port", str(port)]
    environment = os.environ | {"KG_TEXTS": str(served_films.folder / "source-texts")}
    with subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser; closed after each module, because Playwright's event loop would disturb other tests."""
    named = os.environ.get("KG_BROWSER", "")
    path = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        assert not named, f"KG_BROWSER names {named}, which is not installed"
        pytest.skip("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def context(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """A new window with scripts."""
    opened = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """A page, once with scripts and once without; no error and no request to another host is allowed in it."""
    opened = chromium.new_context(base_url=address, java_script_enabled=request.param, accept_downloads=True)
    page = opened.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    page.on("request", lambda request: None if request.url.startswith(address) else errors.append(request.url))
    yield page
    opened.close()
    assert errors == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """The folder for screenshots that `KG_SCREENSHOTS` names."""
    named = os.environ.get("KG_SCREENSHOTS")
    return Path(named) if named else None
