"""`kg link LEFT RIGHT` on any two files, and `kg link --dedupe FILE`."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import duckdb
import pytest

from kg.cli import main
from kg.decisions.links import read_links
from kg.importers.tables import table_files

TITLES = ("Heat", "Alien", "Brazil", "Stalker", "Solaris", "Rashomon", "Ikiru", "Yojimbo", "Sanjuro", "Ran")
DIRECTORS = ("Mann", "Scott", "Gilliam", "Tarkovsky", "Lem", "Kurosawa", "Shimura", "Mifune", "Nakadai", "Oda")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = list(zip(TITLES, range(1980, 1990), DIRECTORS, strict=True))
    left = [
        "no,Film Title,Year,Directed by",
        *(f"{n},{title},{year},{name}" for n, (title, year, name) in enumerate(rows)),
    ]
    (tmp_path / "left.csv").write_text("\n".join(left) + "\n")
    (tmp_path / "right.jsonl").write_text(
        "".join(
            json.dumps({"id": f"x{n}", "name": f"{title} ({year})", "director": [name]}) + "\n"
            for n, (title, year, name) in enumerate(rows)
            if n != 3
        )
    )
    (tmp_path / "gold.csv").write_text("".join(f"{n},x{n}\n" for n in range(10)))
    return tmp_path


def table(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_two_files_give_a_table_with_the_columns_of_both(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl")]) == 0
    rows = {(row["left_id"], row["right_id"]): row for row in table(capsys) if row["classification"] == "same"}
    assert set(rows) == {(str(n), f"x{n}") for n in range(10) if n != 3}
    assert rows["0", "x0"]["left.Film Title"] == "Heat"
    assert rows["0", "x0"]["right.name"] == "Heat (1980)"
    assert "title" in rows["0", "x0"]["reasons"]


def test_a_gold_standard_gives_precision_recall_and_causes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / "left.csv"), str(folder / "right.jsonl")]
    assert main(["link", *files, "--gold", str(folder / "gold.csv")]) == 0
    output, messages = capsys.readouterr()
    assert (
        "gold.csv: column 1 has the values of no in left.csv; column 2 has the values of id in right.jsonl" in messages
    )
    assert "precision 1.0000: 9 of 9 pairs" in output
    assert "recall    1.0000: 9 of 9" in output
    assert "1 pair of the gold standard names an entity that is not in the files" in output
    (folder / "gold.csv").write_text("1,x2\n")
    main(["link", *files, "--gold", str(folder / "gold.csv"), "--format", "json"])
    gold = json.loads(capsys.readouterr().out)["gold"]
    assert (gold["precision"], gold["recall"]) == (0, 0)
    assert sum(gold["misses"].values()) == 1


def test_sssom_is_read_back_as_links_and_as_a_gold_standard(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / "left.csv"), str(folder / "right.jsonl")]
    sssom = folder / "out.sssom.tsv"
    assert main(["link", *files, "--sssom", str(sssom)]) == 0
    read = read_links(sssom, file="out.sssom.tsv")
    assert (len(read.links.judgements), read.findings) == (9, ())
    capsys.readouterr()
    assert main(["link", *files, "--gold", str(sssom)]) == 0
    assert "recall    1.0000: 9 of 9" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_tables_of_every_format_are_read_and_written(folder: Path, suffix: str) -> None:
    right, output = folder / f"copy{suffix}", folder / f"pairs{suffix}"
    with duckdb.connect() as sql:
        delimiter = "\t" if suffix == ".tsv" else ","
        form = {".jsonl": "FORMAT json", ".parquet": "FORMAT parquet"}.get(
            suffix, f"FORMAT csv, DELIMITER '{delimiter}'"
        )
        sql.execute(f"COPY (SELECT * FROM '{folder / 'left.csv'}') TO '{right}' ({form})")
        assert main(["link", str(folder / "left.csv"), str(right), "-o", str(output)]) == 0
        found = sql.execute(f"SELECT left_id, right_id FROM '{output}' WHERE classification = 'same'")
        assert {(str(left), str(right)) for left, right in found.fetchall()} == {(str(n), str(n)) for n in range(10)}


def test_rdf_is_linked_with_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = []
    for n, title in enumerate(TITLES):
        film = f"<https://cat.example/film/{n}>"
        lines += [
            f"{film} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://schema.org/Movie> .",
            f'{film} <https://schema.org/name> "{title}" .',
            f'{film} <https://schema.org/datePublished> "{1980 + n}-05-01" .',
        ]
    (folder / "cat.nt").write_text("\n".join(lines) + "\n")
    assert main(["link", str(folder / "cat.nt"), str(folder / "left.csv")]) == 0
    same = {(row["left.iri"], row["right.no"]) for row in table(capsys) if row["classification"] == "same"}
    assert same == {(f"https://cat.example/film/{n}", str(n)) for n in range(10)}


def test_duplicates_in_one_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "left.csv").open("a") as file:
        file.write("77,Heat,1980,Mann\n")
    assert main(["link", "--dedupe", str(folder / "left.csv")]) == 0
    pairs = [(row["left_id"], row["right_id"]) for row in table(capsys)]
    assert pairs == [("0", "77")]


def test_what_is_wrong_with_a_call_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", str(folder / "left.csv")]) == 2
    assert main(["link", str(folder / "left.csv"), str(folder / "none.csv")]) == 2
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "-o", "pairs.docx"]) == 2
    messages = capsys.readouterr().err
    assert "nor one of two files" in messages
    assert "There is no file" in messages
    assert "written as .csv, .tsv, .jsonl, .parquet" in messages


def test_the_report_has_a_chart_weights_and_examples(folder: Path) -> None:
    files = [str(folder / "left.csv"), str(folder / "right.jsonl")]
    report = folder / "report.html"
    assert main(["link", *files, "--gold", str(folder / "gold.csv"), "--report", str(report)]) == 0
    page = report.read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "<td>0.9 to 1.0</td><td class=number>9</td>" in page
    assert "the same, the least likely (9)" in page
    assert "<td>title</td>" in page


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,title,year\n1,"Open,2000\n2,Second,2001\n3,Third,2002\n', 2),
        ('id,title,year\n1,First,2000\n2,"Open,2001\n3,"Third",2002\n', 3),
        ('id,title,year\n1,First,2000\n2,Second,"2001\n', 3),
    ],
)
def test_a_quotation_mark_that_is_not_closed_takes_no_rows_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    table = folder / "open.csv"
    table.write_text(text)
    for call in (["link", str(table), str(folder / "right.jsonl")], ["import", "table", "--guess", str(table)]):
        assert main(call) == 2
        assert f"open.csv:{line}: a quotation mark is not closed" in capsys.readouterr().err


def test_cells_of_several_lines_are_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "left.csv").open("a") as file:
        file.write('\n77,"Heat\n",1980,"Mann\n"\n')
    assert main(["link", "--dedupe", str(folder / "left.csv")]) == 0
    assert [(row["left_id"], row["right_id"]) for row in table(capsys)] == [("0", "77")]


def test_a_key_must_be_a_column(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--key", "no", "nmae"]) == 2
    assert "right.jsonl has no column nmae. It has id, name, director. Did you mean name?" in capsys.readouterr().err


def test_duplicates_are_found_in_one_file_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--dedupe", str(folder / "left.csv"), str(folder / "right.jsonl")]) == 2
    assert "--dedupe takes one file" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--output", "--sssom", "--report"])
@pytest.mark.parametrize("name", ["left.csv", "gold.csv"])
def test_no_file_that_is_read_is_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    before = (folder / name).read_text()
    files = [str(folder / "left.csv"), str(folder / "right.jsonl"), "--gold", str(folder / "gold.csv")]
    assert main(["link", *files, option, str(folder / name)]) == 2
    assert f"{name} is one of the files that are read" in capsys.readouterr().err
    assert (folder / name).read_text() == before


def test_kinds_are_known(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--kind", "persn"]) == 2
    message = capsys.readouterr().err
    assert "Kinds are film, person, organisation" in message
    assert "Did you mean person?" in message


def test_the_key_of_each_file_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--key", "Film Title", "id"]) == 0
    message = capsys.readouterr().err
    assert "left.csv: 10 (film), key Film Title: " in message
    assert "right.jsonl: 9 (film), key id: " in message


def test_a_row_with_more_cells_than_the_header_is_left_out_and_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "left.csv").open("a") as file:
        file.write("20,Crooklyn, the film,1994,Lee\n21,Clerks,1994,Smith,,\n")
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl")]) == 0
    printed = capsys.readouterr()
    assert "left.csv:12: more cells than the header; 1 row of this kind left out" in printed.err
    assert "left.csv: 11 (film)" in printed.err


def test_the_character_nul_in_a_cell_is_a_space(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = folder / "left.csv"
    left.write_text(left.read_text().replace("Stalker", "Stalker\0"))
    (folder / "right.jsonl").write_text('{"id": "x", "name": "Stal\\u0000ker", "year": 1983}\n')
    for suffix in ("csv", "parquet"):
        assert main(["link", str(left), str(folder / "right.jsonl"), "-o", str(folder / f"pairs.{suffix}")]) == 0
    assert "Stal ker" in (folder / "pairs.csv").read_text()
    assert "\0" not in (folder / "pairs.csv").read_text()


def test_a_line_without_an_end_is_not_read_to_its_end(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "MAX_LINE_BYTES", 1000)
    with (folder / "left.csv").open("a") as file:
        file.write("x" * 2000)
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl")]) == 2
    assert "left.csv:12: the line is too long" in capsys.readouterr().err


def test_a_gold_standard_may_come_from_a_pipe_and_a_table_may_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.write(writer, (folder / "gold.csv").read_bytes())
    os.close(writer)
    pipe = f"/dev/fd/{reader}"
    try:
        assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--gold", pipe]) == 0
        assert "recall    1.0000: 9 of 9" in capsys.readouterr().out
        assert main(["link", str(folder / "left.csv"), pipe]) == 2
        assert "a pipe must be saved in a file first" in capsys.readouterr().err
    finally:
        os.close(reader)


def test_a_key_is_one_column_of_each_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(folder / "left.csv"), str(folder / "right.jsonl")]
    assert main(["link", *files, "--key", "no", "id"]) == 0
    assert main(["link", *files, "--key", "no", "Year", "id"]) == 2
    assert main(["link", "--dedupe", files[0], "--key", "no", "id"]) == 2
    messages = capsys.readouterr().err
    assert "--key takes one column, or one of each file, not 3." in messages
    assert "--key takes one column, not 2." in messages


def test_a_column_by_is_the_director_where_it_has_names_of_people(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "title,year,by\n" + "".join(f"{title},1980,{title} Jones\n" for title in TITLES)
    (folder / "by.csv").write_text(text)
    (folder / "users.csv").write_text(text.replace(" Jones", "77"))
    main(["link", str(folder / "by.csv"), str(folder / "users.csv")])
    messages = capsys.readouterr().err
    assert "by as director" in messages.splitlines()[0]
    assert "director" not in messages.splitlines()[1]


def test_pairs_outside_the_gold_standard_are_counted_and_wrong_where_it_is_complete(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(folder / "left.csv"), str(folder / "right.jsonl")]
    (folder / "gold.csv").write_text("".join(f"{n},x{n}\n" for n in range(3)))
    assert main(["link", *files, "--gold", str(folder / "gold.csv")]) == 0
    output = capsys.readouterr().out
    assert "precision 1.0000: 3 of 3 pairs are correct; 6 others are not counted\n" in output
    assert "not counted: 6 pairs of entities that the gold standard does not name\n" in output
    assert "precision where these are wrong: 0.3333 (--gold-complete)" in output
    assert main(["link", *files, "--gold", str(folder / "gold.csv"), "--gold-complete"]) == 0
    output = capsys.readouterr().out
    assert "precision 0.3333: 3 of 9 pairs are correct\n" in output
    assert "wrong: 6" in output
    assert "not counted" not in output
    (folder / "gold.csv").write_text("0,x0,true\n1,x2,false\n")
    main(["link", *files, "--gold", str(folder / "gold.csv")])
    assert "not counted: 8 pairs that the gold standard does not list" in capsys.readouterr().out
    assert main(["link", *files, "--gold-complete"]) == 2
    assert "there is no --gold" in capsys.readouterr().err


def test_a_column_of_kinds_keeps_series_and_episodes_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "left.csv").write_text(
        "id,title,year,director,titleType\n"
        "1,The Wire,2002,Clark Johnson,tvSeries\n2,The Wire,2002,Clark Johnson,movie\n"
    )
    (folder / "right.csv").write_text(
        "id,title,year,director,type\na,The Wire,2002,Clark Johnson,episode\nb,The Wire,2002,Clark Johnson,TV series\n"
    )
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--format", "json"])
    read = capsys.readouterr()
    assert "titleType as kind" in read.err
    assert [(pair["left_id"], pair["right_id"]) for pair in json.loads(read.out)["pairs"]] == [("1", "b")]


def test_columns_of_seasons_and_episodes_tell_episodes_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{n},The Kingdom,1994,Lars von Trier,1,{n}" for n in range(1, 5)]
    (folder / "left.csv").write_text("\n".join(["id,title,year,director,season,episode", *rows]) + "\n")
    rows = [f"x{n},The Kingdom S01E0{n},1994,Lars von Trier" for n in range(1, 5)]
    (folder / "right.csv").write_text("\n".join(["id,title,year,director", *rows]) + "\n")
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--format", "json"])
    found = [(pair["left_id"], pair["right_id"]) for pair in json.loads(capsys.readouterr().out)["pairs"]]
    assert sorted(found) == [(str(n), f"x{n}") for n in range(1, 5)]


def test_a_mapping_beside_a_file_selects_rows_as_an_import_does(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "left.csv.mapping.yaml").write_text(
        "source: {id: left}\nrows: {key: [no], class: Film, where: {Year: ['1980', '1981']}}\n"
        "columns:\n  Film Title: label\n  Year: {property: year, where: {no: ['0']}}\n"
    )
    main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--format", "json"])
    pairs = json.loads(capsys.readouterr().out)["pairs"]
    assert [pair["left_id"] for pair in pairs] == ["0", "1"]
    assert "same year" in pairs[0]["reasons"]
    assert "same year" not in pairs[1]["reasons"]
    (folder / "left.csv.mapping.yaml").write_text(
        "source: {id: left}\nrows: {key: [no], class_column: Directed by, classes: {Mann: ShortFilm}}\n"
        "columns: {Film Title: label, Year: year}\n"
    )
    main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--format", "json"])
    assert [pair["left_id"] for pair in json.loads(capsys.readouterr().out)["pairs"]] == ["0"]
    (folder / "left.csv.mapping.yaml").write_text(
        "source: {id: left}\nrows: {key: [no], class: Film, where: {Year: ['1880']}}\ncolumns: {Film Title: label}\n"
    )
    assert main(["link", str(folder / "left.csv"), str(folder / "right.jsonl")]) == 2
    assert "no rows that its mapping selects by Year" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--gold", "gold.csv"], ["--gold-complete"], ["-o", "pairs.csv"], ["--key", "id"]])
def test_options_of_files_are_refused_in_a_project(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--dry-run", *option]) == 2
    assert "is for two files: kg link LEFT RIGHT" in capsys.readouterr().err


def test_titles_and_years_in_addresses_of_wikipedia_are_compared(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    articles = {"Heat": "Heat_(1995_film)", "Alien": "Alien_(film)", "Ran": "Ran_(film)", "Ikiru": "Ikiru"}
    (folder / "left.csv").write_text("id,title,year\n1,Heat,1995\n2,Alien,1979\n3,Ran,1985\n4,Ikiru,1952\n")
    rows = [
        f"x{number},{translated},https://en.wikipedia.org/wiki/{articles[title]}"
        for number, (title, translated) in enumerate(
            zip(articles, ("Fuego contra fuego", "El octavo pasajero", "Caos", "Vivir"), strict=True)
        )
    ]
    (folder / "right.csv").write_text("\n".join(["id,title,page", *rows]) + "\n")
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--format", "json"])
    read = capsys.readouterr()
    assert "page as wikipediaArticle" in read.err
    pairs = {pair["left_id"]: pair for pair in json.loads(read.out)["pairs"]}
    assert {name: pair["right_id"] for name, pair in pairs.items()} == {str(n + 1): f"x{n}" for n in range(4)}
    assert "same year" in pairs["1"]["reasons"]


def test_equal_numbers_of_two_catalogues_are_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, shift in (("left.csv", 0), ("right.csv", 3)):
        rows = [f"{(n + shift) % 10},{TITLES[n]},{1980 + n},{DIRECTORS[n]}" for n in range(10)]
        (folder / name).write_text("\n".join(["id,title,year,director", *rows]) + "\n")
    main(["link", str(folder / "left.csv"), str(folder / "right.csv")])
    pairs = {(row["left_id"], row["right_id"]) for row in table(capsys) if row["classification"] == "same"}
    assert pairs == {(str(n), str((n + 3) % 10)) for n in range(10)}


def test_rows_that_repeat_a_film_are_duplicates_where_nothing_else_identifies_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{title},{1980 + n},{DIRECTORS[n]}" for n, title in enumerate(TITLES)]
    (folder / "films.csv").write_text("\n".join(["title,yr,director", *rows, rows[0], rows[9]]) + "\n")
    main(["link", "--dedupe", str(folder / "films.csv")])
    assert {(row["left_id"], row["right_id"]) for row in table(capsys)} == {("1", "11"), ("10", "12")}
    main(["link", "--dedupe", str(folder / "films.csv"), "--key", "title"])
    assert table(capsys) == []


def test_characters_of_another_encoding_are_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "id,title,year\n1,Heat,1980\n2,Amélie,2001\n"
    (folder / "left.csv").write_text(text, encoding="latin-1")
    (folder / "right.csv").write_text(text, encoding="utf-8")
    main(["link", str(folder / "left.csv"), str(folder / "right.csv")])
    assert "left.csv: 1 row has characters that cannot be read, first row 2" in capsys.readouterr().err
    main(["link", str(folder / "right.csv"), str(folder / "right.csv")])
    assert "cannot be read" not in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_known_pairs_may_be_in_any_form_of_table(folder: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    gold = folder / f"gold.{suffix}"
    if suffix == "jsonl":
        gold.write_text("".join(json.dumps({"ours": str(n), "theirs": f"x{n}"}) + "\n" for n in range(10)))
    else:
        duckdb.sql(f"COPY (SELECT 'x' || i AS theirs, i AS ours FROM range(10) AS t(i)) TO '{gold}'")
    main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--gold", str(gold)])
    assert "recall    1.0000: 9 of 9 correct pairs were found" in capsys.readouterr().out


def test_a_year_with_the_kind_of_work_behind_a_title_is_a_year(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{n},{title},{1980 + n}" for n, title in enumerate(TITLES)]
    (folder / "left.csv").write_text("\n".join(["no,title,year", *rows]) + "\n")
    rows = [f"x{n},{title} ({1980 + n} film)" for n, title in enumerate(TITLES)]
    (folder / "right.csv").write_text("\n".join(["no,title", *rows]) + "\n")
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--format", "json"])
    pairs = json.loads(capsys.readouterr().out)["pairs"]
    assert {(pair["left_id"], pair["right_id"]) for pair in pairs} == {(str(n), f"x{n}") for n in range(10)}
    assert all("same year" in pair["reasons"] for pair in pairs)


def test_lines_that_are_no_json_objects_are_counted_with_their_places(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right, gold = folder / "right.jsonl", folder / "gold.jsonl"
    right.write_text('{"id": "broken",\n' + right.read_text() + "\n[1]\n" + "nothing\n" * 7)
    pairs = "".join(json.dumps({"ours": str(n), "theirs": f"x{n}"}) + "\n" for n in range(10))
    gold.write_text(pairs + '{"ours": "4", "theirs"\n')
    assert main(["link", str(folder / "left.csv"), str(right), "--gold", str(gold)]) == 0
    printed = capsys.readouterr()
    assert (
        "right.jsonl:1: this is no JSON object; 9 rows of this kind left out, also lines 12, 13, 14, 15 and 4 more"
        in printed.err
    )
    assert "gold.jsonl:11: this is no JSON object; 1 row of this kind left out" in printed.out
    right.write_text("nothing\n")
    assert main(["link", str(folder / "left.csv"), str(right)]) == 2
    assert "no line is a JSON object" in capsys.readouterr().err


def test_a_pair_that_is_neither_the_same_nor_different_is_not_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--gold", str(folder / "gold.csv")]
    (folder / "gold.csv").write_text("ours,theirs,decision\n0,x0,same\n1,x1,Maybe\n2,x2,related\n4,x5,different\n4\n")
    main(call)
    output = capsys.readouterr().out
    assert "precision 1.0000: 1 of 1 pair is correct" in output
    assert "recall    1.0000: 1 of 1 correct pair was found" in output
    assert (
        "not counted: 2 pairs of the gold standard are neither the same nor different, first 'maybe' in line 3"
        in output
    )
    assert "gold.csv:6: fewer than two cells; 1 row of this kind left out" in output
    (folder / "gold.csv").write_text("ours,theirs,year\n0,x0,1\n1,x1,2\n4,x5,0\n")
    main(call)
    assert "recall    0.6667: 2 of 3" in capsys.readouterr().out
    (folder / "gold.csv").write_text("ours,theirs,decision\n4,x5,different\n")
    main(call)
    output = capsys.readouterr().out
    assert output.startswith(
        "precision: no pair to count; 9 others are not counted\nrecall: no correct pair is known\n"
    )
    main([*call, "--format", "json"])
    assert json.loads(capsys.readouterr().out)["gold"]["precision"] is None


def test_other_predicates_of_sssom_are_neither_the_same_nor_different(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = folder / "gold.sssom.tsv"
    rows = ("0\tskos:exactMatch\t\tx0", "1\tskos:relatedMatch\t\tx1", "2\tskos:exactMatch\tNot\tx2")
    gold.write_text("subject_id\tpredicate_id\tpredicate_modifier\tobject_id\n" + "\n".join(rows) + "\n")
    main(["link", str(folder / "left.csv"), str(folder / "right.jsonl"), "--gold", str(gold)])
    output = capsys.readouterr().out
    assert "precision 0.5000: 1 of 2 pairs are correct" in output
    assert "1 pair of the gold standard is neither" in output


def test_prints_of_one_film_are_all_linked_with_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films = list(zip(TITLES, range(1980, 1990), DIRECTORS, strict=True))
    prints = [(f"P{n}{copy}", *film) for n, film in enumerate(films) for copy in "abc"[: 1 + n % 3]]
    rows = (f"{no}|{title.upper() if no[-1] == 'b' else title} ({year})|{name}" for no, title, year, name in prints)
    (folder / "prints.csv").write_text("Print No|Film|Director\n" + "\n".join(rows) + "\n")
    (folder / "gold.csv").write_text("".join(f"{no},x{no[1]}\n" for no, *_ in prints if no[1] != "3"))
    main(["link", str(folder / "prints.csv"), str(folder / "right.jsonl"), "--gold", str(folder / "gold.csv")])
    output = capsys.readouterr().out
    assert "precision 1.0000: 18 of 18 pairs are correct" in output
    assert "recall    1.0000: 18 of 18" in output


def test_films_that_both_files_repeat_are_unsure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    films = "".join(f"{n},Episode,1999,Mann\n" for n in range(3)) + "7,Heat,1980,Mann\n"
    for name in ("left.csv", "right.csv"):
        (folder / name).write_text("no,title,year,director\n" + films)
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--key", "no"])
    pairs = {(row["left_id"], row["right_id"]): row["classification"] for row in table(capsys)}
    assert pairs.pop(("7", "7")) == "same"
    assert set(pairs.values()) == {"unsure"}


def test_texts_by_language_and_descriptions_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = zip(TITLES, range(1980, 1990), DIRECTORS, strict=True)
    (folder / "items.jsonl").write_text(
        "".join(
            json.dumps(
                {"qid": f"Q{n + 1}", "labels": {"ru": "Фильм", "en": title}, "summary": f"{year} film by {name}"}
            )
            + "\n"
            for n, (title, year, name) in enumerate(rows)
        )
    )
    main(["link", str(folder / "left.csv"), str(folder / "items.jsonl")])
    read = capsys.readouterr()
    same = [row for row in csv.DictReader(io.StringIO(read.out)) if row["classification"] == "same"]
    assert [row["right_id"] for row in sorted(same, key=lambda row: int(row["left_id"]))] == [
        f"Q{n + 1}" for n in range(10)
    ]
    assert all("same year" in row["reasons"] and "people in common" in row["reasons"] for row in same)


def test_a_number_in_a_title_is_not_the_year_in_brackets_behind_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = zip(range(2000, 2010), range(1980, 1990), strict=True)
    (folder / "left.csv").write_text("no,film\n" + "".join(f"{n},{n} ({year})\n" for n, year in rows))
    (folder / "right.csv").write_text("no,title,year\n" + "".join(f"{n},{n},{n - 20}\n" for n in range(2000, 2010)))
    main(["link", str(folder / "left.csv"), str(folder / "right.csv"), "--key", "no"])
    assert all(row["classification"] == "same" for row in table(capsys))


@pytest.mark.parametrize(
    ("header", "meanings"),
    [
        ("Signatur;Filmtitel;Produktionsjahr;Regie", "Filmtitel as label, Produktionsjahr as year, Regie as director"),
        (
            "cote;Titre du film;Annee;Realisateur(s)",
            "Titre du film as label, Annee as year, Realisateur(s) as director",
        ),
        ("Nr;Tytuł;Rok;Reżyser", "Tytuł as label, Rok as year, Reżyser as director"),
        ("id;タイトル;公開年;監督", "タイトル as label, 公開年 as year, 監督 as director"),
        ("id;Bezeichnung;Jahr;Regie", "Bezeichnung as label, Jahr as year, Regie as director"),
    ],
)
def test_columns_of_other_languages_are_known(
    folder: Path, header: str, meanings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = zip(TITLES, range(1980, 1990), DIRECTORS, strict=True)
    lines = [header, *(f"{n};{title};{year};Jo {name}" for n, (title, year, name) in enumerate(rows))]
    (folder / "left.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    main(["link", str(folder / "left.csv"), str(folder / "right.jsonl")])
    read = capsys.readouterr()
    assert meanings in read.err
    assert "9 pairs are the same" in read.err


def test_people_are_compared_by_the_films_that_they_are_known_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [(f"{'ABCDEFGHIJ'[n]}na {name}", f"{TITLES[n]}; {TITLES[n - 1]}") for n, name in enumerate(DIRECTORS)]
    rows = (f"p{n},{name[0]}. {name[4:]},{films}" for n, (name, films) in enumerate(people))
    (folder / "left.csv").write_text("no,Person,known for\n" + "\n".join(rows) + "\n")
    (folder / "people.jsonl").write_text(
        "".join(
            json.dumps({"ref": f"x{n}", "full_name": f"{name[4:].upper()}, {name[:3]}", "films": films.split("; ")})
            + "\n"
            for n, (name, films) in enumerate(people)
        )
    )
    main(["link", str(folder / "left.csv"), str(folder / "people.jsonl"), "--kind", "person"])
    read = capsys.readouterr()
    assert "full_name as label, films as films" in read.err
    same = {row["left_id"]: row for row in csv.DictReader(io.StringIO(read.out)) if row["classification"] == "same"}
    assert {id: row["right_id"] for id, row in same.items()} == {f"p{n}": f"x{n}" for n in range(10)}
    assert "films in common" in same["p0"]["reasons"]
