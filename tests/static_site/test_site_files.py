"""Paths of files: one for each address, in letters that every host has."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from kg.static_site.site_files import Address, SiteFiles, parse_address, relative_url, rewrite_links

_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["Film", "film", "index.html", "..", "con", "a.ttl", "x" * 300, "é", "page", "2"]
)
_addresses = st.builds(
    lambda names, values: Address("/" + "/".join(names), tuple(values)),
    st.lists(_names.filter(lambda name: "/" not in name), min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from(["all", "page", "at"]), _names), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_addresses, st.booleans()), max_size=12, unique_by=lambda pair: pair[0]))
def test_every_address_has_a_file_of_its_own(added: list[tuple[Address, bool]]) -> None:
    files = SiteFiles()
    paths = [files.add(address, is_page=is_page) for address, is_page in added]
    folded = [path.casefold() for path in paths]
    assert len(set(folded)) == len(paths)
    folders = {path[: match.start()] for path in folded for match in re.finditer("/", path)}
    assert folders.isdisjoint(folded)
    for path in paths:
        assert re.fullmatch(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*", path)
        assert all(name not in (".", "..") and len(name) < 120 for name in path.split("/"))


@settings(max_examples=40, deadline=None)
@given(_addresses)
def test_an_address_is_what_its_url_says(address: Address) -> None:
    assert parse_address(str(address)) == (address, "")


def test_a_link_to_what_is_not_published_is_text() -> None:
    page = '<a href="/film/anora">Anora</a> <a class="x" href="/sparql?format=csv">CSV</a> <a href="https://a.b/">b</a>'
    known = {"/film/anora": "film/anora/index.html"}
    rewritten = rewrite_links(
        page, lambda url: relative_url(known[url], start="queries/index.html") if url in known else None
    )
    assert rewritten == '<a href="../film/anora/">Anora</a> <a class="x">CSV</a> <a href="https://a.b/">b</a>'


def test_a_field_with_suggestions_names_their_class() -> None:
    page = '<input data-suggest="/suggest?kind=Person" list="x">'
    assert rewrite_links(page, lambda _: None) == '<input data-kind="Person" list="x">'
