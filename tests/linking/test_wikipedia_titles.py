"""Titles of Wikipedia's articles in their addresses."""

from __future__ import annotations

import pytest

from kg.text.wikipedia_titles import title_of_article


@pytest.mark.parametrize(
    ("address", "name", "qualifier", "year", "language"),
    [
        ("https://en.wikipedia.org/wiki/The_Card_(1952_film)", "The Card", "1952 film", 1952, "en"),
        ("http://en.m.wikipedia.org/wiki/Heat_(1995_film)?action=raw#Plot", "Heat", "1995 film", 1995, "en"),
        ("https://de.wikipedia.org/wiki/Heat_(Film)", "Heat", "Film", None, "de"),
        ("https://fr.wikipedia.org/wiki/Heat_(film,_1995)", "Heat", "film, 1995", 1995, "fr"),
        ("https://es.wikipedia.org/wiki/Amor_(pel%C3%ADcula_de_2012)", "Amor", "película de 2012", 2012, "es"),
        ("https://ja.wikipedia.org/wiki/%E3%82%B4%E3%82%B8%E3%83%A9_(1954%E5%B9%B4)", "ゴジラ", "1954年", 1954, "ja"),
        ("https://ru.wikipedia.org/wiki/Сталкер_(фильм)", "Сталкер", "фильм", None, "ru"),
        ("https://zh-yue.wikipedia.org/wiki/%E8%8B%B1%E9%9B%84", "英雄", "", None, "zh-yue"),
        ("https://zh.wikipedia.org/zh-tw/%E8%8B%B1%E9%9B%84", "英雄", "", None, "zh"),
        ("https://en.wikipedia.org/w/index.php?title=La_dolce_vita&oldid=7", "La dolce vita", "", None, "en"),
        ("//en.wikipedia.org/wiki/AC/DC:_Let_There_Be_Rock", "AC/DC: Let There Be Rock", "", None, "en"),
        ("en.wikipedia.org/wiki/(500)_Days_of_Summer", "(500) Days of Summer", "", None, "en"),
        ("https://en.wikipedia.org/wiki/Who%27s_That_Knocking%3F", "Who's That Knocking?", "", None, "en"),
        ("https://en.wikipedia.org/wiki/100%25_Wolf_", "100% Wolf", "", None, "en"),
    ],
)
def test_a_title_is_decoded_and_loses_the_words_that_tell_articles_apart(
    address: str, name: str, qualifier: str, year: int | None, language: str
) -> None:
    article = title_of_article(address)
    assert article is not None
    assert (article.name, article.qualifier, article.year, article.language) == (name, qualifier, year, language)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Heat",
        "https://en.wikipedia.org/",
        "https://en.wikipedia.org/wiki/",
        "https://en.wikipedia.org/wiki/___",
        "https://www.wikipedia.org/wiki/Heat",
        "https://wikipedia.org/wiki/Heat",
        "https://en.wikipedia.org.example.com/wiki/Heat",
        "https://example.com/?u=https://en.wikipedia.org/wiki/Heat",
        "https://en.wikipedia.org/wiki/Am%E9lie",
        "https://www.wikidata.org/wiki/Q1",
        "https://en.wikipedia.org/wiki/Heat and more",
    ],
)
def test_other_texts_have_no_title(text: str) -> None:
    assert title_of_article(text) is None
