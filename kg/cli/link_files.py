"""`kg link LEFT RIGHT` and `kg link --dedupe FILE`: links between two files, or within one, without a project."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import print_message, write, write_json
from kg.errors import InputError
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.file_linking.entity_files import EntityFile
    from kg.file_linking.gold_standard import Evaluation
    from kg.linking.classifier import Thresholds
    from kg.linking.link_mentions import MentionLinks
    from kg.linking.model import Candidate


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options for files."""
    group = parser.add_argument_group("two files")
    group.add_argument("--dedupe", metavar="FILE", help="find duplicates within one file")
    group.add_argument("--gold", metavar="FILE", help="known pairs: print precision, recall, and misses by cause")
    group.add_argument(
        "--gold-complete",
        action="store_true",
        help="the known pairs are all correct pairs of both files, so every other pair is counted as wrong",
    )
    group.add_argument("-o", "--output", metavar="FILE", help="the table of pairs: .csv, .tsv, .jsonl, .parquet")
    group.add_argument("--sssom", metavar="FILE", help="write the pairs that are the same as SSSOM as well")
    group.add_argument(
        "--key", nargs="+", metavar="COLUMN", help="the column that identifies a row; or one of each file"
    )
    group.add_argument("--encoding", default="", metavar="NAME", help="of tables: latin-1, utf-16 ...; default: utf-8")


def check_no_file_options(call: argparse.Namespace) -> None:
    """Raise `InputError` for an option that only two files have."""
    given = {
        "--gold": call.gold,
        "--gold-complete": call.gold_complete,
        "--output": call.output,
        "--sssom": call.sssom,
        "--key": call.key,
        "--encoding": call.encoding,
    }
    if option := next((name for name, value in given.items() if value), ""):
        raise InputError(
            f"{option} is for two files: kg link LEFT RIGHT. The sources of a project have no such option."
        )


def link_files(call: argparse.Namespace, thresholds: Thresholds, day: str) -> int:
    """Link the files of a call."""
    from kg.file_linking.gold_standard import evaluate, read_gold_standard
    from kg.file_linking.pair_tables import to_pair_sssom, write_pairs
    from kg.files.atomic import write_file
    from kg.linking.model import Classification
    from kg.linking.report import link_report

    _check_outputs(call)
    if call.gold_complete and not call.gold:
        raise InputError("--gold-complete is about the known pairs of --gold FILE, and there is no --gold.")
    left, right = _read_files(call)
    links = _link(call, left, right, thresholds)
    pairs = [pair for pair in links.candidates if pair.classification is not Classification.DIFFERENT]
    pairs.sort(key=lambda pair: (-pair.confidence, pair.left.id, pair.right.id))
    gold = read_gold_standard(Path(call.gold), left, right, is_complete=call.gold_complete) if call.gold else None
    if call.sssom:
        write_file(Path(call.sssom), to_pair_sssom(pairs, left, right, day=day))
    if call.output or (gold is None and call.format == "text"):
        table = write_pairs(Path(call.output) if call.output else None, pairs[: call.limit], left, right)
        write("".join(table))
    if call.report:
        known = gold.known(pairs) if gold is not None else {}
        title = f"Links of {left.path.name} and {right.path.name}"
        write_file(Path(call.report), (link_report(title, pairs, known),))
    evaluation = evaluate(links.candidates, gold, left, right) if gold is not None else None
    if call.format == "json":
        write_json(_document(pairs[: call.limit], left, right, evaluation))
    elif evaluation is not None:
        write(evaluation.to_text())
    if gold is not None:
        print_message(f"{Path(call.gold).name}: {'; '.join(map(str, gold.columns))}")
    _print_summary(pairs, links, left, right)
    return 0


def _check_outputs(call: argparse.Namespace) -> None:
    """Raise `InputError` when a file to write is one that is read."""
    from kg.files.atomic import check_not_input

    inputs = [Path(name) for name in (*call.words, call.dedupe, call.gold) if name]
    for name in (call.output, call.sssom, call.report):
        if name:
            check_not_input(Path(name), inputs)


def _read_files(call: argparse.Namespace) -> tuple[EntityFile, EntityFile]:
    from kg.file_linking.entity_files import read_entity_file
    from kg.project import find_project

    if call.dedupe and call.words:
        raise InputError(f"Unexpected argument {call.words[0]!r}: --dedupe takes one file, and no others beside it.")
    paths = [call.dedupe, call.dedupe] if call.dedupe else call.words
    if len(paths) != 2:
        raise InputError("Name two files: kg link LEFT RIGHT; or one: kg link --dedupe FILE")
    kind = call.kind[0] if call.kind else ""
    keys = call.key or [""]
    if len(keys) > (1 if call.dedupe else 2):
        remedy = "one column" if call.dedupe else "one column, or one of each file"
        raise InputError(f"--key takes {remedy}, not {len(keys)}.")
    project = find_project(call.project)
    left, right = (
        read_entity_file(
            Path(path),
            side=side,
            kind=kind,
            key=key,
            encoding=call.encoding,
            may_repeat=bool(call.dedupe),
            project=project,
        )
        for side, path, key in zip(("left", "right"), paths, (keys[0], keys[-1]), strict=True)
    )
    return (left, left) if call.dedupe else (left, right)


def _link(call: argparse.Namespace, left: EntityFile, right: EntityFile, thresholds: Thresholds) -> MentionLinks:
    from kg.linking.link_mentions import find_duplicates, link_lists

    if call.dedupe:
        return find_duplicates(left.mentions, thresholds=thresholds)
    kinds = [file.mentions[0].kind for file in (left, right)]
    if kinds[0] != kinds[1]:
        remedy = "Name the kind of both with --kind."
        raise InputError(
            f"{left.path.name} has entities of the kind {kinds[0]}, {right.path.name} {kinds[1]}. {remedy}"
        )
    return link_lists(left.mentions, right.mentions, thresholds=thresholds)


def _document(
    pairs: list[Candidate], left: EntityFile, right: EntityFile, evaluation: Evaluation | None
) -> dict[str, object]:
    from kg.file_linking.pair_tables import pair_columns, pair_rows

    columns = pair_columns(left, right)
    document: dict[str, object] = {
        "pairs": [dict(zip(columns, row, strict=True)) for row in pair_rows(pairs, left, right)]
    }
    return document | ({"gold": evaluation.to_dict()} if evaluation is not None else {})


def _print_summary(pairs: list[Candidate], links: MentionLinks, left: EntityFile, right: EntityFile) -> None:
    from kg.linking.model import Classification

    for file in dict.fromkeys((left.path, right.path)):
        entities = left if file == left.path else right
        read_as = ", ".join(f"{name} as {' and '.join(meanings)}" for name, meanings in entities.meanings.items())
        kind = entities.mentions[0].kind
        key = f", key {' + '.join(entities.key)}" if entities.key else ""
        print_message(f"{file.name}: {len(entities.mentions):,} ({kind}){key}{f': {read_as}' if read_as else ''}")
        for line in entities.unread.to_lines(file.name):
            print_message(line)
        if entities.undecoded_rows:
            rows = counted(entities.undecoded_rows, "row has", "rows have")
            remedy = f"first row {entities.first_undecoded}. Name its encoding, as with --encoding latin-1."
            print_message(f"{file.name}: {rows} characters that cannot be read, {remedy}")
    same = sum(pair.classification is Classification.SAME for pair in pairs)
    print_message(f"{counted(same, 'pair is', 'pairs are')} the same, {counted(len(pairs) - same, 'is', 'are')} unsure")
    for kind, expected in links.expected.items():
        if not expected.pairs:
            continue
        print_message(f"expected of {kind}: precision {expected.precision:.4f}, recall {expected.recall:.4f}")
