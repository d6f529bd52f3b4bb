"""The review of unsure pairs in the browser: a page with the batches, for one or several reviewers.

It listens on a loopback address alone, and answers requests that name such a host; judgements are taken only from its
own page, as the rules of `kg serve` have it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from kg.errors import FilmGraphError, InputError
from kg.linking.model import Candidate, Mention
from kg.linking.review import Batch, Review
from kg.server.http.access_rules import access_rules
from kg.terms import to_curie

HOST = "127.0.0.1"
MAX_BODY = 1 << 20
PAGE_SIZE = 50
_MAX_PEOPLE = 6
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class ReviewServer(ThreadingHTTPServer):
    """Serves one review; its port is known after it was made."""

    daemon_threads = True

    def __init__(self, review: Review, *, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.review, self.lock = review, threading.Lock()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_address[1]}/"


def serve_review(review: Review, *, port: int, report: Callable[[str], None]) -> None:
    """Serve a review until Ctrl+C."""
    with ReviewServer(review, port=port) as server:
        report(f"Review at {server.url} (Ctrl+C to stop)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self._is_allowed():
            return
        url = urlsplit(self.path)
        if url.path == "/review.js":
            self._send(HTTPStatus.OK, "text/javascript", _SCRIPT)
        elif url.path == "/":
            query = parse_qs(url.query)
            try:
                batches = self.server.review.batches()
            except FilmGraphError as error:
                self._send_json(HTTPStatus.CONFLICT, {"error": str(error)})
                return
            shown = next((batch for batch in batches if batch_key(batch) == query.get("batch", [""])[0]), None)
            first = query.get("from", [""])[0]
            start = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0
            self._send(HTTPStatus.OK, "text/html", review_page(batches, shown, start=start))
        else:
            self._send_json(HTTPStatus.NOT_FOUND, {"error": "There is no such page."})

    def do_POST(self) -> None:
        if not self._is_allowed():
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._send_json(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"At most {MAX_BODY} bytes."})
            return
        body = self.rfile.read(int(length))
        if self.headers.get_content_type() != "application/json":
            # A form of another site can send everything but this type without being asked for permission.
            self._send_json(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"error": "Send application/json."})
            return
        try:
            document = json.loads(body)
            with self.server.lock:
                answer = act(self.server.review, self.path, document)
        except FilmGraphError as error:
            self._send_json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
            return
        except (ValueError, TypeError, KeyError, AttributeError):
            self._send_json(HTTPStatus.BAD_REQUEST, {"error": "Not a request of this page: reload it, and try again."})
            return
        self._send_json(HTTPStatus.OK, answer)

    def _is_allowed(self) -> bool:
        headers = {
            name.lower().encode("latin-1"): value.encode("latin-1", "replace") for name, value in self.headers.items()
        }
        rules = access_rules(HOST)
        if b"host" in headers and rules.allows_host(headers) and rules.allows_origin(headers):
            return True
        self.close_connection = True
        self._send_json(HTTPStatus.FORBIDDEN, {"error": "Only pages of this machine may review."})
        return False

    def _send_json(self, status: HTTPStatus, document: Mapping[str, object]) -> None:
        self._send(status, "application/json", json.dumps(document))

    def _send(self, status: HTTPStatus, media_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: who judged what is in the file of links."""


def act(review: Review, path: str, document: dict[str, Any]) -> dict[str, object]:
    """Do what the page asks for: judge one pair, accept a batch above a confidence, or undo."""
    author = str(document["author"])
    if path == "/judge":
        if not isinstance(document["same"], bool):
            raise InputError("`same` must be true or false.")
        pair = review.find(str(document["left"]), str(document["right"]))
        judged = review.judge([pair], same=document["same"], author=author, comment=str(document.get("comment", "")))
        return {"judged": judged}
    if path == "/accept":
        batch = next((each for each in review.batches() if batch_key(each) == document["batch"]), None)
        if batch is None:
            return {"judged": 0, "left": 0}
        acceptance = review.accept((batch,), _to_confidence(document["above"]), author=author)
        return {"judged": acceptance.accepted, "left": acceptance.left}
    if path == "/undo":
        judgements = review.undo(author)
        names = [[to_curie(name.value) for name in (each.object, each.subject)] for each in judgements]
        return {"undone": names}
    raise InputError(f"There is no action {path}.")


def _to_confidence(value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise InputError(f"A confidence is a number from 0 to 1, such as 0.9, not {str(value)[:40]!r}.") from error


def batch_key(batch: Batch) -> str:
    """What a URL calls a batch."""
    return f"{batch.kind}:{batch.cause}"


# --- the page


def review_page(batches: tuple[Batch, ...], shown: Batch | None, *, start: int = 0) -> str:
    """The page: the batches, and some pairs of the one that is shown, from a number on."""
    shown = shown or (batches[0] if batches else None)
    start = min(start, (len(shown.pairs) - 1) // PAGE_SIZE * PAGE_SIZE) if shown is not None else 0
    links = "".join(
        f'<li><a href="/?batch={escape(quote(batch_key(batch)))}"{" aria-current=page" if batch is shown else ""}>'
        f"{escape(batch.title)}</a></li>"
        for batch in batches
    )
    pairs = (
        "".join(map(_pair_html, shown.pairs[start : start + PAGE_SIZE]))
        if shown is not None
        else "<p>Nothing waits.</p>"
    )
    accept = (
        f'<p data-batch="{escape(batch_key(shown))}">Accept all of this batch from confidence'
        ' <input id="above" value="0.9" size="5"> <button id="accept">Accept</button></p>'
        if shown is not None
        else ""
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Review of links</title>'
        f"<style>{_STYLE}</style></head><body><h1>Review of links</h1>"
        '<p><label>Your id <input id="author" placeholder="orcid:0000-..." size="30"></label>'
        ' <button id="undo">Undo my latest</button> <span id="message" role="status"></span></p>'
        f"<nav><ol>{links}</ol></nav>{accept}{_pages_html(shown, start)}{pairs}{_pages_html(shown, start)}"
        '<script src="/review.js"></script></body></html>'
    )


def _pages_html(batch: Batch | None, start: int) -> str:
    """Which pairs are shown, with links to those before and after them; empty where all are."""
    if batch is None or len(batch.pairs) <= PAGE_SIZE:
        return ""
    key, end = escape(quote(batch_key(batch))), min(start + PAGE_SIZE, len(batch.pairs))
    before = f'<a href="/?batch={key}&amp;from={max(start - PAGE_SIZE, 0)}">Previous</a> ' if start else ""
    after = f' <a href="/?batch={key}&amp;from={end}">Next</a>' if end < len(batch.pairs) else ""
    return f"<p>{before}Pairs {start + 1} to {end} of {len(batch.pairs):,}{after}</p>"


def _pair_html(pair: Candidate) -> str:
    reasons = "".join(f"<li>{escape(str(reason))}</li>" for reason in pair.reasons)
    return (
        f'<article data-left="{escape(pair.left.id)}" data-right="{escape(pair.right.id)}">'
        f"<div class=sides>{_mention_html(pair.left)}{_mention_html(pair.right)}</div>"
        f"<details><summary>confidence {pair.confidence:.3f}</summary><ul>{reasons}</ul></details>"
        "<p><button data-same=true>Same</button> <button data-same=false>Different</button>"
        ' <input class=comment placeholder="why" size="40"></p></article>'
    )


def _mention_html(mention: Mention) -> str:
    people = [f"{credit.name}{f' ({credit.role})' if credit.role else ''}" for credit in mention.credits]
    more = [f"and {len(people) - _MAX_PEOPLE} more"] if len(people) > _MAX_PEOPLE else []
    lines = [
        " / ".join(mention.names[1:4]),
        " ".join((mention.class_name or mention.kind, ", ".join(map(str, mention.years)))),
        "; ".join((*people[:_MAX_PEOPLE], *more)),
        "; ".join(f"{scheme} {value}" for scheme, value in sorted(mention.identifiers)),
        mention.id,
    ]
    items = "".join(f"<li>{escape(line)}</li>" for line in lines if line)
    return f"<section><h2>{escape(mention.name)}</h2><ul>{items}</ul></section>"


_STYLE = """
body { font: 16px/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 70rem; padding: 0 1rem }
article { border: 1px solid #bbb; border-radius: 6px; margin: 1rem 0; padding: .5rem 1rem }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem }
h2 { font-size: 1.1rem; margin: .3rem 0 } ul { margin: .2rem 0; padding-left: 1.2rem }
a[aria-current] { font-weight: bold } article.judged { opacity: .4 }
"""
_SCRIPT = """\
"use strict";
const author = document.getElementById("author"), message = document.getElementById("message");
try { author.value = localStorage.getItem("author") || ""; } catch (error) { /* private mode */ }
author.addEventListener("change", () => {
  try { localStorage.setItem("author", author.value); } catch (error) { /* private mode */ }
});
// What was done is shown on the page that is loaded after it.
try {
  message.textContent = sessionStorage.getItem("message") || ""; sessionStorage.removeItem("message");
} catch (error) { /* private mode */ }
function reloadWith(text) {
  try { sessionStorage.setItem("message", text); } catch (error) { /* private mode */ }
  location.reload();
}
async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({...body, author: author.value}),
  });
  const result = await answer.json();
  message.textContent = result.error || "";
  return answer.ok ? result : null;
}
document.addEventListener("click", async (event) => {
  const button = event.target;
  if (button.dataset.same) {
    const pair = button.closest("article");
    const result = await send("/judge", {
      left: pair.dataset.left, right: pair.dataset.right, same: button.dataset.same === "true",
      comment: pair.querySelector(".comment").value,
    });
    if (result) {
      pair.classList.add("judged");
      message.textContent = result.judged ? "Saved." : "Somebody has judged this pair already.";
      if (!document.querySelector("article:not(.judged)")) location.reload();
    }
  } else if (button.id === "accept") {
    const result = await send("/accept", {
      batch: button.closest("p").dataset.batch, above: document.getElementById("above").value,
    });
    if (result) {
      const left = result.left ? `; ${result.left} left, which compete with others or clash with links` : "";
      reloadWith(`${result.judged} accepted${left}.`);
    }
  } else if (button.id === "undo") {
    const result = await send("/undo", {});
    const count = result && result.undone.length;
    if (count) reloadWith(`Taken back: ${count > 1 ? `${count} judgements` : result.undone[0].join(" and ")}.`);
    else if (result) message.textContent = "You have judged no pair that could be taken back.";
  }
});
"""
