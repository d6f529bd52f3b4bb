"""What the top of a page says: sentences of a film or person; premiere, release, money and scores in a film's card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as vocab
from kg.lookup.phrases import count_in_words, date_in_words, with_article
from kg.server.pages.award_tables import Ceremony, ceremonies_of
from kg.server.pages.display import Display, DisplayValue, PropertyLine, capitalised, numeric_value
from kg.server.pages.entity_data import EntityData, PartData, cast_credits, sources_of
from kg.server.pages.layouts import WON, recognition_kind
from kg.server.pages.page_tables import cell, money, row_citations
from kg.text.number_words import article_of

_AUTHORS = (vocab.director, vocab.writer, vocab.producer, vocab.editor)
_PARTICIPLES = {
    vocab.director: "directed", vocab.writer: "written", vocab.producer: "produced", vocab.editor: "edited"
}  # fmt: skip
_MAX_NAMES = 3
_MAX_HONOURS = 2
_MAX_RELEASES = 2
_MAX_SCORES = 2
_IN_CINEMAS = frozenset(("theatrical", "cinema", "cinemas"))
_WORLDWIDE = "worldwide"
_PREMIERE = "premiere"
_COMMON_GENRES = frozenset((
    "action", "adventure", "animated", "animation", "biographical", "comedy", "coming", "crime", "dark", "disaster",
    "documentary", "drama", "dramatic", "experimental", "family", "fantasy", "historical", "history", "horror",
    "melodrama", "music", "musical", "mystery", "psychological", "road", "romance", "romantic", "satire", "satirical",
    "science", "short", "sports", "sport", "spy", "superhero", "supernatural", "teen", "thriller", "war",
))  # fmt: skip
"""The first words of genres that are no names, so that they have a small letter inside a sentence."""


# --- sentences


def film_sentences(data: EntityData, display: Display) -> str:
    """What the film is, who made it and is in it, and its most reported honours; empty without year and director."""
    if not data.of(vocab.director):
        return ""
    stars = [display.term(agent).text for agent in _leading(data)][:_MAX_NAMES]
    starring = f", starring {_joined(stars)}" if stars else ""
    first = f"{_kind_of_film(data, display)}, {_makers(data, display)}{starring}."
    honours = [_honour(data, display, ceremony) for ceremony in _most_reported(ceremonies_of(data, data.parts))]
    return first + (f" It won {_joined(honours)}." if honours else "")


def person_sentence(data: EntityData, display: Display) -> str:
    """Such as `American director and screenwriter`; empty without an occupation."""
    occupations = [display.term(value.value).text for value in data.of(vocab.occupation)][: _MAX_NAMES + 1]
    nationality = next((display.term(value.value).text for value in data.of(vocab.nationality)), "")
    words = " ".join(word for word in (nationality, _joined(occupations)) if word)
    return capitalised(words) if occupations else ""


def _kind_of_film(data: EntityData, display: Display) -> str:
    """Such as `A 2024 comedy-drama film from the United States`."""
    year = next((value.text for value in data.of(vocab.year)), "")
    genres = sorted(data.of(vocab.genre), key=lambda value: -len({fact.evidence.source for fact in value.facts}))
    genre = _within_sentence(display.term(genres[0].value).text) if genres else ""
    countries = [display.term(value.value).text for value in data.of(vocab.countryOfOrigin)][:_MAX_NAMES]
    noun = genre if genre.endswith("film") else f"{genre} film".strip()
    words = " ".join(word for word in (year, noun) if word)
    origin = f" from {_joined([with_article(country) for country in countries])}" if countries else ""
    return f"{article_of(words).capitalize()} {words}{origin}"


def _within_sentence(genre: str) -> str:
    """A genre as it is written inside a sentence: `Drama` as `drama`, but `Bollywood` as it is.

    >>> _within_sentence("Drama"), _within_sentence("Romantic comedy"), _within_sentence("Bollywood")
    ('drama', 'romantic comedy', 'Bollywood')
    """
    first = re.split(r"[\s-]", genre, maxsplit=1)[0]
    return genre[0].lower() + genre[1:] if first.lower() in _COMMON_GENRES else genre


def _makers(data: EntityData, display: Display) -> str:
    """Such as `written, produced and directed by Sean Baker`, or `directed by A and written by B and C`."""
    by_property = {property: [value.value for value in data.of(property)] for property in _AUTHORS}
    directors = by_property[vocab.director]
    writers = by_property[vocab.writer]
    # Of several producers, the sentence names those who direct; a writer has a share in the film like its director's.
    alike = [property for property in _AUTHORS[1:] if set(directors) <= set(by_property[property])]
    if set(writers) != set(directors):
        alike = [property for property in alike if property != vocab.writer]
    words = [*(_PARTICIPLES[property] for property in alike), _PARTICIPLES[vocab.director]]
    made = f"{_joined(words)} by {_names(display, directors)}"
    if writers and vocab.writer not in alike:
        made += f" and written by {_names(display, writers)}"
    return made


def _names(display: Display, agents: Sequence[object]) -> str:
    names = [display.term(agent).text for agent in agents if isinstance(agent, NamedNode | Literal)]
    return _joined([*names[:_MAX_NAMES], "others"] if len(names) > _MAX_NAMES + 1 else names)


def _leading(data: EntityData) -> Iterator[NamedNode]:
    """Yield the actors in leading parts, those that most sources name first."""
    for part in sorted(cast_credits(data), key=lambda part: sources_of([part]), reverse=True):
        agent = part.first(vocab.agent)
        if isinstance(agent, NamedNode) and any(role.text == "leading" for role in part.values(vocab.role)):
            yield agent


def _most_reported(ceremonies: Iterable[Ceremony]) -> list[Ceremony]:
    """The ceremonies at which it won, those with most sources first, then those with most wins."""
    won = [ceremony for ceremony in ceremonies if ceremony.key is not None and ceremony.wins]

    def rank(ceremony: Ceremony) -> tuple[int, int]:
        wins = [part for part in ceremony.rows if recognition_kind(part) == WON]
        return max((sources_of([part]) for part in wins), default=1), ceremony.wins

    return sorted(won, key=rank, reverse=True)[:_MAX_HONOURS]


def _honour(data: EntityData, display: Display, ceremony: Ceremony) -> str:
    """Such as `five awards at the 97th Academy Awards`, or the award's name where it is one, with the person."""
    where = display.term(ceremony.key).text
    at = f"at {where if where.lower().startswith('the ') else f'the {where}'}"
    won = next((part for part in ceremony.rows if recognition_kind(part) == WON), None)
    award = won.first(vocab.award) if won is not None else None
    if won is not None and ceremony.wins == 1 and isinstance(award, NamedNode):
        recipients = [value.value for value in won.values(vocab.recipient)]
        people = _names(display, [name for name in recipients if name != data.entity])
        return f"the {display.term(award).text}{f' for {people}' if people else ''} {at}"
    return f"{count_in_words(ceremony.wins, 'award', 'awards') if ceremony.are_wins_counted else 'awards'} {at}"


def _joined(words: Sequence[str]) -> str:
    """Words with commas and a last `and`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


# --- the card


def film_lines(data: EntityData, display: Display) -> Iterator[PropertyLine]:
    """Yield premiere, release, budget, box office and scores, from the parts of the film."""
    own = [part for part in data.parts if part.owner == data.entity]
    dated = [part for part in own if part.layout == vocab.Release and part.values(vocab.date)]
    in_cinemas = [part for part in dated if _is_in_cinemas(part)]
    premieres, scores = _premieres(display, own), _scores(display, own)
    releases = _releases(data, display, in_cinemas or dated)
    lines = (
        ("Premiere", "#release", premieres[:1], len(premieres)),
        ("Release", "#release", releases[:_MAX_RELEASES], len(dated)),
        ("Budget", "#box-office", _amounts(display, [part for part in own if part.layout == vocab.budget]), 0),
        ("Box office", "#box-office", _amounts(display, _latest(_worldwide(display, own))), 0),
        ("Scores", "#ratings", scores[:_MAX_SCORES], len(scores)),
    )
    for label, section, values, total in lines:
        if values:
            yield PropertyLine(label, tuple(values), omitted=max(0, total - len(values)), all_url=section)


def _premieres(display: Display, parts: Iterable[PartData]) -> list[DisplayValue]:
    shown = []
    for part in parts:
        if part.layout == vocab.Screening and part.text(vocab.kind) == _PREMIERE:
            days = [date_in_words(value.text) for value in part.values(vocab.date)][:1]
            where = [value.text for value in cell(display, part, vocab.edition)[:1]]
            where = where or [value.text for value in cell(display, part, vocab.eventSeries)[:1]]
            if text := ", ".join((*days, *where)):
                shown.append(DisplayValue(text, "#release", row_citations(display, part)))
    return shown


def _releases(data: EntityData, display: Display, parts: Iterable[PartData]) -> list[DisplayValue]:
    shown = []
    for part in sorted(parts, key=lambda part: data.days.get(part.iri, "9999")):
        territories = ", ".join(value.text for value in cell(display, part, vocab.territory))
        day = date_in_words(part.values(vocab.date)[0].text)
        text = f"{day} ({territories})" if territories else day
        shown.append(DisplayValue(text, "#release", row_citations(display, part)))
    return shown


def _is_in_cinemas(release: PartData) -> bool:
    return not _IN_CINEMAS.isdisjoint(value.text for value in release.values(vocab.medium))


def _worldwide(display: Display, parts: Iterable[PartData]) -> list[PartData]:
    return [
        part for part in parts
        if part.layout == vocab.boxOffice and part.values(vocab.amount) and part.text(vocab.period) in ("", "total")
        and any(value.text == _WORLDWIDE for value in cell(display, part, vocab.territory))
    ]  # fmt: skip


def _latest(parts: Sequence[PartData]) -> list[PartData]:
    return sorted(parts, key=lambda part: part.text(vocab.asOf), reverse=True)[:1]


def _amounts(display: Display, parts: Iterable[PartData]) -> list[DisplayValue]:
    return [
        DisplayValue(money(part, value), "#box-office", row_citations(display, part), is_contested=value.is_contested)
        for part in parts
        for value in part.values(vocab.amount)
    ]


def _scores(display: Display, parts: Iterable[PartData]) -> list[DisplayValue]:
    """The scores, first those that most reviews went into."""
    shown = []
    rated = [part for part in parts if part.layout == vocab.Rating]
    rated.sort(key=lambda part: numeric_value(part.first(vocab.reviewCount)) or 0.0, reverse=True)
    for part in rated:
        if scores := cell(display, part, vocab.score):
            by = ", ".join(value.text for value in cell(display, part, vocab.givenBy))
            text = f"{capitalised(by)} {scores[0].text}" if by else scores[0].text
            shown.append(DisplayValue(text, "#ratings", row_citations(display, part)))
    return shown
