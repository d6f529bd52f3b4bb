"""The grammar of numbers in cells, and the SQL that reads them.

A cell is a sign, a currency, a number, a scale such as `million` and a unit such as `votes`; only the number is
required. The forms of a number are one table: a row for each way of separating thousands and decimals. A form is in a
table only where it can be read in one way: `1.234` is thousands in a table with decimal commas, and is rejected in
another, since it may be either.
"""

from __future__ import annotations

from dataclasses import dataclass

from kg.sql import quote

_SPACE = r"[ \x{a0}\x{2009}\x{202f}]"
_SEPARATOR = r"[ \x{a0}\x{2009}\x{202f}'’]"
_CODES = """USD EUR GBP JPY CHF CAD AUD NZD SEK NOK DKK ISK INR CNY RUB SUR BRL MXN ARS CLP COP PEN UYU KRW HKD TWD SGD
THB MYR IDR PHP VND PLN CZK HUF RON BGN HRK RSD UAH TRY ILS EGP ZAR NGN KES MAD SAR AED IRR PKR BDT LKR DEM FRF ITL ESP
ATS BEF NLG PTE FIM IEP GRD""".split()  # noqa: SIM905
_CURRENCY = rf"(?:(?:US|CA|AU|NZ|HK|NT|[ACR])?\$|[€£¥₹₩₽₺₴₪฿₫]|{'|'.join(_CODES)}|Rs\.?|kr\.?|DM|FF)"
_SIGN = r"[+\-\x{2212}]"
_SCALES = {
    3: r"[kK]|(?i:thousand|tausend|tsd\.?|mille|mil)",
    6: r"M|(?i:millions?|millionen|millones|millón|milioni|milione|mio\.?|mln\.?)",
    9: r"(?i:billions?|bn|milliards?|milliarden?|miliardi|miliardo|mrd\.?)",
}
"""Power of ten -> what stands for it behind a number."""
_SCALES_OF_AMOUNTS = {3: r"k|K", 6: r"m|M|mn", 9: r"b|B|bn"}
"""The same directly behind a number with a currency before it: `£12m`, but not the length `1200 m`."""
_UNITS = (
    r"(?i:votes?|ratings?|reviews?|users?|people|viewers?|spectators?|admissions?|tickets?|screens?|cinemas?"
    r"|theaters?|theatres?|copies|prints?|seats?|dollars?|euros?|pounds?|yen|francs?|marks?|lire|rupees?|kronor|kroner"
    r"|rubles?|roubles?|yuan|won|pesos?|entrées|zuschauer|besucher|stimmen|spectateurs|espectadores|spettatori)"
)
_BY_COMMAS, _BY_POINTS = r"[1-9]\d{0,2}(?:,\d{3})+", r"[1-9]\d{0,2}(?:\.\d{3})+"
_BY_OTHERS = rf"[1-9]\d{{0,2}}(?:(?:{_SPACE}\d{{3}})+|(?:['’]\d{{3}})+)"
_FEW_OR_MANY = r"(?:\d{1,2}|\d{4,})"
"""Digits behind a sign that cannot separate thousands, since these would be three."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """A form of a number, and the SQL that writes it with a decimal point and without separators; `n` is the number."""

    pattern: str
    plain: str


_WITHOUT_SEPARATORS = f"replace(regexp_replace(n, {quote(_SEPARATOR)}, '', 'g'), ',', '.')"
_WITHOUT_COMMAS, _WITHOUT_POINTS = "replace(n, ',', '')", "replace(replace(n, '.', ''), ',', '.')"
POINT_FORMS = (
    NumberForm(rf"\d+(?:\.{_FEW_OR_MANY})?|(?:0|\d{{4,}})\.\d{{3}}", "n"),
    NumberForm(r"\d+(?:\.\d+)?[eE]\+?\d{1,2}", "n"),
    NumberForm(rf"{_BY_COMMAS}(?:\.\d+)?", _WITHOUT_COMMAS),
    NumberForm(rf"{_BY_OTHERS}(?:[.,]\d+)?", _WITHOUT_SEPARATORS),
    NumberForm(rf"{_BY_POINTS},\d+", _WITHOUT_POINTS),
    NumberForm(r"[1-9]\d{0,2}(?:\.\d{3}){2,}", _WITHOUT_POINTS),
    NumberForm(rf"\d+,{_FEW_OR_MANY}", "replace(n, ',', '.')"),
)
"""Numbers with a decimal point; and those with a decimal comma that cannot be read otherwise."""
COMMA_FORMS = (
    NumberForm(rf"\d+(?:,{_FEW_OR_MANY})?|(?:0|\d{{4,}}),\d{{3}}", "replace(n, ',', '.')"),
    NumberForm(rf"{_BY_POINTS}(?:,\d+)?", _WITHOUT_POINTS),
    NumberForm(rf"{_BY_OTHERS}(?:[.,]\d+)?", _WITHOUT_SEPARATORS),
    NumberForm(rf"{_BY_COMMAS}\.\d+", _WITHOUT_COMMAS),
    NumberForm(r"[1-9]\d{0,2}(?:,\d{3}){2,}", _WITHOUT_COMMAS),
    NumberForm(rf"\d+\.{_FEW_OR_MANY}", "n"),
)
"""Numbers with a decimal comma; and those with a decimal point that cannot be read otherwise."""


def number_sql(forms: tuple[NumberForm, ...], *, is_whole: bool) -> str:
    """The number that a cell `{v}` reads as, in digits with a decimal point; NULL where it does not read as one.

    With `is_whole`, also where it has decimals other than zeros.
    """
    number = "|".join(form.pattern for form in forms)
    before = rf"^(?:({_SIGN}?){_SPACE}?(?:{_CURRENCY})?|{_CURRENCY}{_SPACE}?({_SIGN}))?{_SPACE}?({number})"
    scales = "|".join(_SCALES.values())
    plain = rf"{before}(?:{_SPACE}?({scales}))?(?:{_SPACE}?(?:{_CURRENCY}|{_UNITS}))?$"
    before_amount = rf"^(?:({_SIGN}?){_SPACE}?{_CURRENCY}|{_CURRENCY}{_SPACE}?({_SIGN})){_SPACE}?({number})"
    amount = rf"{before_amount}({'|'.join(_SCALES_OF_AMOUNTS.values())})$"
    read = (
        f"WHEN regexp_matches({{v}}, {quote(pattern)}) THEN {_read(pattern, forms, powers, is_whole=is_whole)}"
        for pattern, powers in ((plain, _SCALES), (amount, _SCALES_OF_AMOUNTS))
    )
    # The usual forms first, since the grammar as a whole takes thirty times as long.
    usual = ["WHEN regexp_full_match({v}, '0|[1-9][0-9]{0,17}') THEN {v}"]
    if forms is POINT_FORMS:
        usual.append("WHEN regexp_full_match({v}, '[1-9][0-9]{0,17}[.]00?') THEN split_part({v}, '.', 1)")
        grouped = "[$€£]?[1-9][0-9]{0,2}(?:,[0-9]{3})+"
        usual.append(f"WHEN regexp_full_match({{v}}, '{grouped}') THEN regexp_replace({{v}}, '[$€£,]', '', 'g')")
    return f"CASE {' '.join((*usual, *read))} END"


def _read(pattern: str, forms: tuple[NumberForm, ...], powers: dict[int, str], *, is_whole: bool) -> str:
    parts = f"regexp_extract({{v}}, {quote(pattern)}, ['before', 'after', 'number', 'scale'])"
    plain = " ".join(f"WHEN regexp_full_match(n, {quote(form.pattern)}) THEN {form.plain}" for form in forms)
    power = " ".join(f"WHEN regexp_full_match(p.scale, {quote(scale)}) THEN {power}" for power, scale in powers.items())
    sign = "CASE WHEN p.before || p.after IN ('-', '\u2212') THEN '-' ELSE '' END"
    digits = let("p.number", "n", f"CASE {plain} END")
    return let(parts, "p", _move_point(digits, f"(CASE {power} ELSE 0 END)", sign, is_whole=is_whole))


def _move_point(digits: str, power: str, sign: str, *, is_whole: bool) -> str:
    """A number times a power of ten, exactly: the point moves in its text."""
    numbers = (
        "{'whole': split_part(split_part(lower(d), 'e', 1), '.', 1),"
        " 'decimals': split_part(split_part(lower(d), 'e', 1), '.', 2),"
        f" 'power': {power} + coalesce(TRY_CAST(split_part(lower(d), 'e', 2) AS INTEGER), 0)}}"
    )
    moved = (
        "{'whole': ltrim(m.whole || rpad(left(m.decimals, m.power), m.power, '0'), '0'),"
        " 'decimals': rtrim(substr(m.decimals, m.power + 1), '0')}"
    )
    decimals = "''" if is_whole else "CASE WHEN r.decimals = '' THEN '' ELSE '.' || r.decimals END"
    written = f"{sign} || CASE WHEN r.whole = '' THEN '0' ELSE r.whole END || {decimals}"
    is_read = "r.decimals = ''" if is_whole else "true"
    zero = "WHEN r.whole = '' AND r.decimals = '' THEN '0'"
    return let(digits, "d", let(numbers, "m", let(moved, "r", f"CASE {zero} WHEN {is_read} THEN {written} END")))


def let(value: str, name: str, result: str) -> str:
    """An expression in which `name` stands for a value that is computed once."""
    return f"list_transform([{value}], lambda {name}: {result})[1]"
