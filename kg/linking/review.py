"""The review of unsure pairs by people: batches by cause, judgements of several reviewers, and undoing them.

A judgement is appended to `data/links.sssom.tsv` before the next question is asked, under a lock that all reviewers of
a project share, so nothing is lost when one of them is killed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg.decisions.links import LINKS_FILE, MANUAL, Judgement, read_project_links
from kg.errors import InputError
from kg.linking.causes import EQUAL_IDENTIFIERS, cause_of
from kg.linking.link_project import to_judgement
from kg.linking.link_store import append_judgements, read_unsure, remove_judgement
from kg.linking.model import Candidate
from kg.project import Project
from kg.terms import to_iri
from kg.text.number_words import counted

Pair = frozenset[NamedNode]


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

    def acceptable(self, above: float) -> tuple[Candidate, ...]:
        """The pairs of at least this confidence, but for those of which an entity has another such pair."""
        chosen = [pair for pair in self.pairs if pair.confidence >= above]
        uses = Counter(mention.id for pair in chosen for mention in (pair.left, pair.right))
        return tuple(pair for pair in chosen if uses[pair.left.id] == uses[pair.right.id] == 1)


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
    """The review of a project: what waits, and what its reviewers judged since the run that left the pairs."""

    def __init__(self, project: Project, *, day: str) -> None:
        self.project, self.day = project, day
        self._pairs = {_names(pair): pair for pair in read_unsure(project)}

    def waiting(self) -> tuple[Candidate, ...]:
        """The unsure pairs that nobody has judged."""
        judged = {judgement.names for judgement in self._judgements()}
        return tuple(pair for names, pair in self._pairs.items() if names not in judged)

    def batches(self) -> tuple[Batch, ...]:
        """What waits, in batches."""
        return to_batches(self.waiting())

    def find(self, left: str, right: str) -> Candidate:
        """The unsure pair of two names; raises `InputError` when there is none."""
        pair = self._pairs.get(frozenset((to_iri(left), to_iri(right))))
        if pair is None:
            raise InputError(f"{left} and {right} are no pair that needs review.")
        return pair

    def judge(self, pairs: Sequence[Candidate], *, same: bool, author: str, comment: str = "") -> int:
        """Append the judgements of a reviewer on pairs that nobody has judged yet; how many they are."""
        if not author.strip():
            raise InputError("A judgement needs the id of its author, such as orcid:0000-0002-1825-0097.")
        author = " ".join(author.split())

        def of_waiting(judged: frozenset[Pair]) -> list[Judgement]:
            return [
                to_judgement(pair, same=same, day=self.day, author=author, comment=comment)
                for pair in pairs
                if _names(pair) not in judged
            ]

        return append_judgements(self.project, of_waiting)

    def by_author(self, author: str = "") -> tuple[Judgement, ...]:
        """The judgements of a reviewer, or of all, on the pairs of this review; the latest first."""
        return tuple(
            judgement
            for judgement in reversed(self._judgements())
            if judgement.author and judgement.names in self._pairs and author in ("", judgement.author)
        )

    def undo(self, author: str) -> Judgement | None:
        """Take back the latest judgement of a reviewer, so that its pair waits again; None when there is none."""
        latest = next(iter(self.by_author(author)), None)
        if latest is not None:
            remove_judgement(self.project, latest)
        return latest

    def _judgements(self) -> tuple[Judgement, ...]:
        return read_project_links(self.project.data).links.judgements


def split_entities(project: Project, left: str, right: str, *, author: str, day: str) -> tuple[Judgement, ...]:
    """Judge two linked names different, and take back the weakest judgements that link them; these are returned.

    Raises `InputError` when the names are not linked, or by judgements of a dataset alone.
    """
    names = to_iri(left), to_iri(right)
    removed: list[Judgement] = []
    while chain := read_project_links(project.data).links.chain(*names):
        own = [judgement for judgement in chain if judgement.place.file == f"data/{LINKS_FILE}"]
        if not own:
            raise InputError(f"{left} and {right} are linked by {chain[0].place.file}, which its import writes.")
        weakest = min(own, key=lambda judgement: (bool(judgement.author), judgement.confidence or 1.0))
        remove_judgement(project, weakest)
        removed.append(weakest)
    if not removed:
        raise InputError(f"{left} and {right} are not linked.")
    comment = f"split; before, {counted(len(removed), 'judgement')} linked them"
    append_judgements(project, [Judgement(*names, False, MANUAL, author=author, date=day, comment=comment)])
    return tuple(removed)


def _names(pair: Candidate) -> Pair:
    return frozenset((to_iri(pair.left.id), to_iri(pair.right.id)))
