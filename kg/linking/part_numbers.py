"""Numbers of the parts of a series, as titles write them: `Rocky II`, `Kill Bill: Vol. 1`, `Zweiter Teil`.

`combine_numbers` makes one number of the words of a larger one: `One Hundred and One Dalmatians`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

PART_WORDS = frozenset({
    "part", "parts", "volume", "chapter", "episode", "book", "number", "season", "series",
    "teil", "kapitel", "folge", "staffel", "buch", "band", "partie", "chapitre", "saison", "livre", "tome",
    "parte", "capitulo", "episodio", "temporada", "libro", "capitolo", "stagione", "deel", "del", "avsnitt",
    "chast", "cast", "seriya", "czesc", "osa", "resz",
})  # fmt: skip
"""Words before or after the number of a part: those of catalogues in a dozen languages, in Latin letters."""
_NUMBER_WORDS = {
    "1": "eins erste erster erstes un une premier premiere uno una primo prima primero primera primeiro primeira",
    "2": "zwei zweite zweiter zweites deux deuxieme second seconde dos segundo segunda due secondo seconda dois duas",
    "3": "drei dritte dritter drittes trois troisieme tres tercero tercer tercera tre terzo terza terceiro terceira",
    "4": "vier vierte vierter quatre quatrieme cuatro cuarto cuarta quattro quarto quarta quatro",
    "5": "funf funfte funfter cinq cinquieme cinco quinto quinta cinque",
    "6": "sechs sechste sechster six sixieme seis sexto sexta sei sesto sesta",
    "7": "sieben siebte siebter sept septieme siete septimo sette settimo sete setimo",
    "8": "acht achte achter huit huitieme ocho octavo otto ottavo oito oitavo",
    "9": "neun neunte neunter neuf neuvieme nueve noveno nove nono",
    "10": "zehn zehnte zehnter dix dixieme diez decimo dieci dez",
}
_VALUE_OF_WORD = {word: number for number, words in _NUMBER_WORDS.items() for word in words.split()}
_ROMAN = re.compile(r"(?=.)(x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th|e|er|eme|a|o)")
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_FACTORS = {"hundred": 100, "thousand": 1000}
MAX_PART = 100
"""The largest number of a part; a larger one is a year or belongs to the title."""


def roman_value(word: str) -> int:
    """The value of a Roman numeral in lower case, up to 39; 0 for any other word.

    >>> roman_value("xiv"), roman_value("iv"), roman_value("mix")
    (14, 4, 0)
    """
    if _ROMAN.fullmatch(word) is None:
        return 0
    values = [_ROMAN_VALUES[letter] for letter in word]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def combine_numbers(words: Sequence[str]) -> list[str]:
    """The words of a title with each number in words as digits.

    >>> combine_numbers(["one", "hundred", "and", "one", "dalmatians"]), combine_numbers(["one", "two", "three"])
    (['101', 'dalmatians'], ['1', '2', '3'])
    """
    combined: list[str] = []
    position = 0
    while position < len(words):
        end, value = _read_number(words, position)
        combined.append(str(value) if end > position else words[position])
        position = max(end, position + 1)
    return combined


def _read_number(words: Sequence[str], start: int) -> tuple[int, int]:
    """Where the number in words from `start` ends, and its value."""
    end, value = _read_below_hundred(words, start)
    while end > start and end < len(words) and words[end] in _FACTORS:
        value *= _FACTORS[words[end]]
        end += 1
        after = end + 1 if end < len(words) and words[end] == "and" else end
        rest_end, rest = _read_below_hundred(words, after)
        if rest_end > after:
            if rest_end < len(words) and words[rest_end] in _FACTORS:
                # "one thousand two hundred": the smaller factor belongs to what follows.
                rest *= _FACTORS[words[rest_end]]
                rest_end += 1
            end, value = rest_end, value + rest
    return end, value


def _read_below_hundred(words: Sequence[str], start: int) -> tuple[int, int]:
    if start >= len(words):
        return start, 0
    if (tens := _TENS.get(words[start])) is not None:
        unit = _UNITS.get(words[start + 1], 0) if start + 1 < len(words) else 0
        return (start + 2, tens + unit) if 0 < unit < 10 else (start + 1, tens)
    unit = _UNITS.get(words[start], 0)
    return (start + 1, unit) if unit else (start, 0)


def split_part_numbers(words: Sequence[str], *, is_first: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of a title, or of what follows a colon in it, without the numbers of parts; and those numbers.

    `words` are those of `title_words`: lower case, numbers as digits. `is_first` is true for the beginning of a title,
    which has no part number where it is nothing but a number: `300`.

    >>> split_part_numbers(("infernal", "affairs", "3"), is_first=True)
    (('infernal', 'affairs'), ('3',))
    >>> split_part_numbers(("volume", "2"), is_first=False), split_part_numbers(("300",), is_first=True)
    (((), ('2',)), (('300',), ()))
    """
    rest, numbers = list(words), []
    while (found := _find_part(rest)) is not None:
        start, number = found
        numbers.append(number)
        del rest[start : start + 2]
    count = len(list(takewhile(str.isdigit, reversed(rest))))
    if count and (count < len(rest) or not is_first):
        numbers.append(" ".join(rest[-count:]))
        del rest[-count:]
    return tuple(rest), tuple(numbers)


def _find_part(words: Sequence[str]) -> tuple[int, str] | None:
    """Where a word such as `part` stands with a number beside it: the first of the two, and the number."""
    for index, word in enumerate(words):
        if word in PART_WORDS:
            for other in (index + 1, index - 1):
                if 0 <= other < len(words) and (number := _part_value(words[other])):
                    return min(index, other), number
    return None


def are_one_number(digits: str, word: str) -> bool:
    """True for a number in digits and the same one as a word of a language other than English: `8`, `otto`."""
    return _VALUE_OF_WORD.get(word) == digits


def _part_value(word: str) -> str:
    """The number that a word next to `part` is, in digits; "" for another word."""
    if (ordinal := _ORDINAL.fullmatch(word)) is not None:
        word = ordinal[1]
    if word.isdigit():
        return str(int(word)) if int(word) <= MAX_PART else ""
    return _VALUE_OF_WORD.get(word) or str(roman_value(word) or "")
