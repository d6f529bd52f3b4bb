"""How two names are related: equal, misspelt, one longer than the other, and so on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from rapidfuzz.distance import OSA, Indel, JaroWinkler

from kg.linking.names import SHORT_WORDS, Title
from kg.linking.part_numbers import are_one_number

MIN_SIMILARITY, MIN_RELATED_SIMILARITY = 0.85, 0.8
"""Of two spellings of a title; and of two that other features must show to be one: `Ghandi`, `Gandhi`."""
MIN_WORD_SIMILARITY = 0.5
"""Of the words in which two spellings of a title differ: `Africa` and `Jail` are no slip."""
MIN_EXTENDED_SIMILARITY, MIN_FURTHER_LETTERS = 0.9, 4
"""Of a title and the beginning of a longer one, and the letters by which that is longer."""
MIN_NAME_SIMILARITY, MIN_CREDIT_SIMILARITY = 0.94, 0.88
"""Of two spellings of a person's name: of two people, and of two people with the same credit in one film."""
MIN_MISSPELT_LENGTH = 8
"""Letters of a name of a person from which one letter may be a slip."""


class TitleRelation(StrEnum):
    """How two titles are related, the nearest first."""

    EQUAL = "equal"
    MISSPELT = "misspelt"
    LONGER = "longer"
    """One has all the words of the other, and more."""
    PARTLY_EQUAL = "partly equal"
    """They have words in common, and both have others: `The Matrix Reloaded`, `The Matrix Revolutions`."""
    DIFFERENT = "different"
    OTHER_LANGUAGE = "other language"
    """Different, and of two languages, so that it says little."""


class NameRelation(StrEnum):
    """How two names of people are related, the nearest first."""

    EQUAL = "name"
    INITIALS = "name with initials"
    MISSPELT = "name misspelt"
    OTHER_FIRST_NAME = "different first name"
    DIFFERENT = "different name"


def relate_titles(left: Title, right: Title) -> TitleRelation:
    """How two titles are related."""
    if are_equal(left, right):
        return TitleRelation.EQUAL
    # The titles of a long series are alike in most letters.
    if have_other_subtitles(left, right):
        return TitleRelation.PARTLY_EQUAL
    if _is_extended(left, right):
        return TitleRelation.LONGER
    if _are_spellings(left, right, MIN_RELATED_SIMILARITY):
        return TitleRelation.MISSPELT
    short, long = sorted((set(left.words), set(right.words)), key=len)
    if have_equal_mains(left, right) or short <= long:
        return TitleRelation.LONGER
    if are_other_languages(left, right):
        return TitleRelation.OTHER_LANGUAGE
    has_shared = any(len(word) > 3 for word in short & long)
    return TitleRelation.PARTLY_EQUAL if has_shared else TitleRelation.DIFFERENT


def relate_all_titles(left: Iterable[Title], right: Iterable[Title]) -> TitleRelation:
    """The nearest relation of two titles; `other language` only when no two of them are in one language."""
    rights = tuple(right)
    relations = {relate_titles(ours, theirs) for ours in left for theirs in rights}
    return next(relation for relation in TitleRelation if relation in relations)


def are_equal(left: Title, right: Title) -> bool:
    """True for one title, or one title with the number of its part: `Part Deux`, `Part 2`; where each has the subtitle
    of the part, its number may be missing: `Star Wars: The Last Jedi`, `Star Wars: Episode VIII - The Last Jedi`.
    """
    if left.full == right.full:
        return True
    if left.base != right.base or not (left.parts or right.parts):
        return False
    is_part_named = left.series == right.series and len(left.base) > len(left.series) + 1
    return left.parts == right.parts or (is_part_named and not (left.parts and right.parts))


def is_subtitle_of_part(left: Title, right: Title) -> bool:
    """True when one title is the subtitle of the other, a numbered part: `Return of the Jedi`."""
    numbered, other = (left, right) if left.parts else (right, left)
    subtitle = set(numbered.base[len(numbered.series) :])
    return bool(numbered.parts) and not other.numbers and len(other.words) > 1 and set(other.words) <= subtitle


def are_misspelt(left: Title, right: Title) -> bool:
    """True when two titles differ in few letters and in no number."""
    return _are_spellings(left, right, MIN_SIMILARITY)


def _are_spellings(left: Title, right: Title, similarity: float) -> bool:
    """True for two titles of at least this similarity, or one slip apart, of which no word is in the place of another:
    `Ernest Goes to Jail`, `Ernest Goes to Africa`.
    """
    if left.numbers != right.numbers:
        return False
    # Two letters in the wrong order are one slip, but a large part of a short title: Ghandi.
    forms = ((left.full, right.full), (left.written, right.written))
    if any(len(ours) >= 5 and OSA.distance(ours, theirs, score_cutoff=1) == 1 for ours, theirs in forms):
        return True
    if title_similarity(left, right) < similarity:
        return False
    ours, theirs = _further_letters(left, right), _further_letters(right, left)
    return not ours or not theirs or Indel.normalized_similarity(ours, theirs) >= MIN_WORD_SIMILARITY


def _further_letters(title: Title, other: Title) -> str:
    """The letters of the words that only one of two titles has, without its short words such as `of` and `from`."""
    return "".join(word for word in title.words if word not in other.words and word not in SHORT_WORDS)


def title_similarity(left: Title, right: Title) -> float:
    """The share of letters that two titles have in common, from 0 to 1."""
    return Indel.normalized_similarity(left.full, right.full)


def have_equal_mains(left: Title, right: Title) -> bool:
    """True when two titles are equal before their subtitles."""
    return left.main in (right.main, right.full) or left.full == right.main


def are_one_series(left: Title, right: Title) -> bool:
    """True when two titles without the numbers of parts are equal, or equal before a subtitle, or one has the other."""
    if not left.base or not right.base:
        return False
    if (left.series and left.series in (right.series, right.base)) or left.base == right.series:
        return True
    short, long = sorted((set(left.base), set(right.base)), key=len)
    return short <= long or Indel.normalized_similarity("".join(left.base), "".join(right.base)) >= MIN_SIMILARITY


def are_other_languages(left: Title, right: Title) -> bool:
    """True when two titles are in different languages, one is in another alphabet, or one has a number in words and
    the other nothing but digits: `Otto e mezzo`, `8 1/2`.
    """
    if _is_in_digits(left, right) or _is_in_digits(right, left):
        return True
    if left.languages and right.languages:
        return not left.languages & right.languages
    return any(name.isupper() for name in left.languages | right.languages)


def _is_in_digits(numeric: Title, other: Title) -> bool:
    return numeric.full.isdigit() and len(other.words) > 1 and are_one_number(numeric.words[0], other.words[0])


def have_other_subtitles(left: Title, right: Title) -> bool:
    """True when two titles begin alike and each has a subtitle, or what follows in its series, that the other has not:
    `The Matrix Reloaded`, `The Matrix Revolutions`.
    """
    if left.series and left.series == right.series:
        ours, theirs = set(left.base[len(left.series) :]), set(right.base[len(right.series) :])
        if ours - theirs and theirs - ours:
            return _differ(left.subtitle, right.subtitle)
    short, long = sorted((left.full, right.full), key=len)
    if not left.subtitle or not right.subtitle or long.startswith(short):
        return False
    is_one_main = Indel.normalized_similarity(left.main, right.main) >= MIN_SIMILARITY
    return is_one_main and _differ(left.subtitle, right.subtitle)


def _differ(left: str, right: str) -> bool:
    """True for two subtitles that are not one, misspelt or shortened."""
    is_part = left in right or right in left
    return not is_part and Indel.normalized_similarity(left, right) < MIN_RELATED_SIMILARITY


def _is_extended(left: Title, right: Title) -> bool:
    """True when one title is the other, perhaps misspelt, with further words behind it."""
    short, long = sorted((left, right), key=lambda title: len(title.full))
    if len(long.full) - len(short.full) < MIN_FURTHER_LETTERS or len(short.words) >= len(long.words):
        return False
    return Indel.normalized_similarity(short.full, long.full[: len(short.full)]) >= MIN_EXTENDED_SIMILARITY


def relate_names(left: tuple[str, ...], right: tuple[str, ...]) -> NameRelation:
    """How two names of people are related, by their words."""
    if "".join(left) == "".join(right) or sorted(left) == sorted(right):
        return NameRelation.EQUAL
    if left[-1] == right[-1] and _first_names_agree(left[:-1], right[:-1]):
        return NameRelation.INITIALS
    short, long = sorted((left, right), key=len)
    if len(short) > 1 and short[0] == long[0] and set(short) <= set(long):
        # A second surname, or a part of the name that one source leaves out.
        return NameRelation.INITIALS
    if (
        name_distance(left, right) <= 1
        or JaroWinkler.similarity(" ".join(left), " ".join(right)) >= MIN_NAME_SIMILARITY
    ):
        return NameRelation.MISSPELT
    return NameRelation.OTHER_FIRST_NAME if left[-1] == right[-1] else NameRelation.DIFFERENT


def name_distance(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    """The letters by which two names of people differ, without the spaces; 9 for more than two, or for short names."""
    ours, theirs = "".join(left), "".join(right)
    if min(len(ours), len(theirs)) < MIN_MISSPELT_LENGTH:
        return 9
    distance = OSA.distance(ours, theirs, score_cutoff=2)
    return distance if distance <= 2 else 9


def _first_names_agree(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return bool(left and right) and (left[0].startswith(right[0]) or right[0].startswith(left[0]))


def may_be_one_credit(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """True when two names with the same credit may be one person, or two of a family who work together."""
    if not left or not right or left[-1] in right or right[-1] in left:
        return True
    return JaroWinkler.similarity(" ".join(left), " ".join(right)) >= MIN_CREDIT_SIMILARITY
