"""The review of unsure pairs by people: batches by cause, judgements of several reviewers, and undoing them.

A judgement is appended to `data/links.sssom.tsv` before the next question is asked, under a lock that all reviewers of
a project share, so nothing is lost when one of them is killed. Both files are read again when they change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from pyoxigraph import NamedNode

from kg.decisions.links import LINKS_FILE, MANUAL, Judgement, Links, link_files, read_project_links
from kg.errors import InputError
from kg.linking.causes import EQUAL_IDENTIFIERS, cause_of
from kg.linking.link_project import to_judgement
from kg.linking.link_store import UNSURE_FILE, append_judgements, read_unsure, remove_judgements
from kg.linking.model import Candidate
from kg.project import Project
from kg.terms import to_curie, to_iri
from kg.text.number_words import counted

Pair = frozenset[NamedNode]
MAX_AUTHOR = 200
"""Characters of the id of an author."""
_OWN_FILE = f"data/{LINKS_FILE}"


@dataclass(frozen=True)
class Batch:
    """Unsure pairs of one kind and one cause, the most likely first."""

    kind: str
    cause: str
    pairs: tuple[Candidate, ...]

    @property
    def title(self) -> str:
        """`film, no year on one side: 12 pairs, confidence 0.41 to 0.93`."""
        highest, lowest = self.pairs[0].confidence, self.pairs[-1].confidence
        count = counted(len(self.pairs), "pair")
        span = f"{highest:.2f}" if f"{highest:.2f}" == f"{lowest:.2f}" else f"{lowest:.2f} to {highest:.2f}"
        return f"{self.kind}, {self.cause}: {count}, confidence {span}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What accepting batches did: pairs that are judged the same now, and those that were left to a person."""

    accepted: int
    left: int


def to_batches(pairs: Iterable[Candidate]) -> tuple[Batch, ...]:
    """The pairs by kind and cause: equal identifiers first, then the batches with the most likely pairs."""
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for pair in pairs:
        groups[pair.left.kind, cause_of(pair)].append(pair)
    batches = [
        Batch(kind, cause, tuple(sorted(group, key=lambda pair: (-pair.confidence, pair.left.id, pair.right.id))))
        for (kind, cause), group in groups.items()
    ]

    def place(batch: Batch) -> tuple[bool, float, str, str]:
        mean = sum(pair.confidence for pair in batch.pairs) / len(batch.pairs)
        return batch.cause != EQUAL_IDENTIFIERS, -mean, batch.kind, batch.cause

    return tuple(sorted(batches, key=place))


class Review:
    """The review of a project: what waits, and what its reviewers judge."""

    def __init__(self, project: Project, *, day: str) -> None:
        self.project, self.day = project, day
        self._read: tuple[object, dict[Pair, Candidate]] = "", {}
        self._links: tuple[object, Links] = "", Links()
        self.pairs()

    def pairs(self) -> Mapping[Pair, Candidate]:
        """The unsure pairs that the last run of `kg link` left, judged or not."""
        state = _state(self.project.build_folder / UNSURE_FILE)
        if self._read[0] != state:
            self._read = state, {_names(pair): pair for pair in read_unsure(self.project)}
        return self._read[1]

    def links(self) -> Links:
        """The judgements of the project."""
        state = [_state(path) for path in link_files(self.project.data)]
        if self._links[0] != state:
            self._links = state, read_project_links(self.project.data).links
        return self._links[1]

    def waiting(self) -> tuple[Candidate, ...]:
        """The unsure pairs that nobody has judged, and that no chain of judgements links."""
        links = self.links()
        judged = {judgement.names for judgement in links.judgements}
        return tuple(
            pair
            for names, pair in self.pairs().items()
            if names not in judged and not names <= links.cluster_of.get(next(iter(names)), frozenset())
        )

    def is_waiting(self, pair: Candidate) -> bool:
        """True until somebody judges the pair, or `kg link` runs again without leaving it."""
        return pair in self.waiting()

    def batches(self) -> tuple[Batch, ...]:
        """What waits, in batches."""
        return to_batches(self.waiting())

    def find(self, left: str, right: str) -> Candidate:
        """The unsure pair of two names; raises `InputError` when there is none."""
        pair = self.pairs().get(frozenset((to_iri(left), to_iri(right))))
        if pair is None:
            raise InputError(f"{left} and {right} are no pair that needs review.")
        return pair

    def judge(self, pairs: Sequence[Candidate], *, same: bool, author: str, comment: str = "") -> int:
        """Append the judgements of a reviewer on pairs that nobody has judged yet; how many they are.

        Raises `InputError` for one that contradicts other judgements, and writes none then.
        """
        author = _check_author(author)

        def of_waiting(links: Links) -> Iterator[Judgement]:
            judged, entities = {judgement.names for judgement in links.judgements}, _Entities(links)
            for pair in pairs:
                if _names(pair) not in judged:
                    entities.check(pair, same=same)
                    yield to_judgement(pair, same=same, day=self.day, author=author, comment=comment)

        return append_judgements(self.project, of_waiting)

    def accept(self, batches: Sequence[Batch], above: float, *, author: str, limit: int | None = None) -> Acceptance:
        """Judge the waiting pairs of batches the same, from a confidence on; `undo` takes them back together.

        Pairs are left to a person where an entity of theirs is in another pair that waits with such a confidence, or
        that a reviewer has accepted; and where the links of both sides would join entities that are ruled out.
        """
        author = _check_author(author)
        if not 0 <= above <= 1:
            raise InputError(f"A confidence is a number from 0 to 1, not {above:g}.")
        title = batches[0].title if len(batches) == 1 else f"{len(batches)} batches"
        comment, left = f"accepted from confidence {above:g}: {title}", 0

        def of_waiting(links: Links) -> list[Judgement]:
            nonlocal left
            judged = {judgement.names: judgement.same for judgement in links.judgements}
            uses = Counter(
                mention.id
                for names, pair in self.pairs().items()
                if judged.get(names, pair.confidence >= above)
                for mention in (pair.left, pair.right)
            )
            chosen = [
                pair
                for batch in batches
                for pair in batch.pairs
                if pair.confidence >= above and _names(pair) not in judged and _names(pair) in self.pairs()
            ]
            entities, accepted = _Entities(links), []
            for pair in chosen:
                is_alone = uses[pair.left.id] == uses[pair.right.id] == 1
                if is_alone and pair.clash is None and entities.join(pair):
                    accepted.append(pair)
            left = len(chosen) - len(accepted)
            return [
                to_judgement(pair, same=True, day=self.day, author=author, comment=comment, is_accepted=True)
                for pair in accepted[:limit]
            ]

        return Acceptance(append_judgements(self.project, of_waiting), left)

    def by_author(self, author: str = "") -> tuple[Judgement, ...]:
        """The judgements of a reviewer, or of all people, in the project's own file; the latest first."""
        return tuple(
            judgement
            for judgement in reversed(self.links().judgements)
            if judgement.author and judgement.place.file == _OWN_FILE and author in ("", judgement.author)
        )

    def undo(self, author: str) -> tuple[Judgement, ...]:
        """Take back the latest judgement of a reviewer, or all that were accepted together; these are returned."""
        judgements = self.by_author(_check_author(author))
        # What was accepted together has a confidence, and one comment.
        taken = judgements[:1]
        if taken and taken[0].confidence is not None:
            accepted = (taken[0].confidence is not None, taken[0].comment)
            taken = tuple(takewhile(lambda each: (each.confidence is not None, each.comment) == accepted, judgements))
        if taken:
            remove_judgements(self.project, taken)
        return taken


class _Entities:
    """The names that judgements join, and those that they keep apart."""

    def __init__(self, links: Links) -> None:
        self._names = dict(links.cluster_of)
        self._apart: dict[NamedNode, set[NamedNode]] = defaultdict(set)
        for judgement in links.judgements:
            if judgement.same is False:
                self._apart[judgement.subject].add(judgement.object)
                self._apart[judgement.object].add(judgement.subject)

    def check(self, pair: Candidate, *, same: bool) -> None:
        """Raise `InputError` where a judgement on a pair would contradict others; else note it."""
        left, right = to_iri(pair.left.id), to_iri(pair.right.id)
        if not same and right in self._of(left):
            raise InputError(
                f"{pair.left.id} and {pair.right.id} are linked through other names;"
                f" kg link split {pair.left.id} {pair.right.id} separates them."
            )
        if same and (apart := self._find_apart(left, right)) is not None:
            names = " and ".join(to_curie(name.value) for name in apart)
            raise InputError(f"This would join {names}, which were judged to be different.")

    def join(self, pair: Candidate) -> bool:
        """Join the entities of a pair; False where names of theirs were judged to be different."""
        left, right = to_iri(pair.left.id), to_iri(pair.right.id)
        if self._find_apart(left, right) is not None:
            return False
        joined = self._of(left) | self._of(right)
        self._names.update(dict.fromkeys(joined, joined))
        return True

    def _of(self, name: NamedNode) -> frozenset[NamedNode]:
        return self._names.get(name, frozenset((name,)))

    def _find_apart(self, left: NamedNode, right: NamedNode) -> tuple[NamedNode, NamedNode] | None:
        theirs = self._of(right)
        pairs = ((name, other) for name in self._of(left) for other in self._apart.get(name, ()) if other in theirs)
        return min(pairs, key=str, default=None)


def split_entities(project: Project, left: str, right: str, *, author: str, day: str) -> tuple[Judgement, ...]:
    """Judge two linked names different, and take back the weakest judgements that link them; these are returned.

    Raises `InputError` when the names are not linked, or by judgements of a dataset alone.
    """
    names, author = (to_iri(left), to_iri(right)), _check_author(author)
    remaining = list(read_project_links(project.data).links.judgements)
    removed: list[Judgement] = []
    while chain := Links(remaining).chain(*names):
        own = [judgement for judgement in chain if judgement.place.file == _OWN_FILE]
        if not own:
            raise InputError(f"{left} and {right} are linked by {chain[0].place.file}, which its import writes.")
        weakest = min(own, key=lambda judgement: (bool(judgement.author), judgement.confidence or 1.0))
        remaining = [judgement for judgement in remaining if judgement is not weakest]
        removed.append(weakest)
    if not removed:
        raise InputError(f"{left} and {right} are not linked.")
    comment = f"split; before, {counted(len(removed), 'judgement')} linked them"
    different = Judgement(*names, False, MANUAL, author=author, date=day, comment=comment)
    remove_judgements(project, removed, added=(different,))
    return tuple(removed)


def _check_author(author: str) -> str:
    """The id of a reviewer, on one line; raises `InputError` for one that is empty or very long."""
    author = " ".join(author.split())
    if not author:
        raise InputError("A judgement needs the id of its author, such as orcid:0000-0002-1825-0097.")
    if len(author) > MAX_AUTHOR:
        raise InputError(f"The id of an author has at most {MAX_AUTHOR} characters.")
    return author


def _state(path: Path) -> tuple[int, int, int]:
    """What differs when a file has been replaced; raises `InputError` when it is not there."""
    try:
        stat = path.stat()
    except OSError as error:
        raise InputError("Nothing has been linked in this project yet. Run `kg link` first.") from error
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _names(pair: Candidate) -> Pair:
    return frozenset((to_iri(pair.left.id), to_iri(pair.right.id)))
