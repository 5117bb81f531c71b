"""What is trusted of the running portal: its addresses, rows, database and store."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalayer.compliance.evidence.exercise import (
    METADATA,
    DeclaredColumns,
    PublishedRows,
    Routes,
    StatementAttempts,
    StoreAnswer,
    Use,
)
from datalayer.compliance.forbidden import FORBIDDEN_ROUTE_WORDS
from datalayer.kernel.sentences import Sentence

WRITING = frozenset({("POST", "/api/v1/data/refresh"), ("POST", "/api/v1/data/rollback")})
"""The only addresses that change something: which publication is served."""

# As DuckDB says it. What fails for another reason, such as a host that does not answer, was tried.
_REFUSAL = re.compile(r"disabled (by|through) configuration|configuration has been locked")
_READING = frozenset({"GET", "HEAD"})
_OF_EVERY_DATA_SET = frozenset({"dataset_id", "generated_at"})
_OF_RESULTS_ONLY = frozenset({"model_version", "source", "forecast", "is_champion"})


class AllUsed:
    """Trusts a portal whose every page was drawn and whose every address answered."""

    def findings(self, evidence: Use) -> Iterator[Sentence]:
        """Yield each that was not: what was not used proves nothing of what it loads."""
        if not evidence.pages or not evidence.endpoints:
            yield Sentence("No page or no address was used; all of them must be")
        for page in evidence.pages:
            for problem in page.problems:
                yield Sentence(
                    "The page {page} ({language}) reported: {problem}",
                    page=page.page,
                    language=page.language,
                    problem=problem,
                )
        for each in evidence.endpoints:
            if not 200 <= each.status < 400 and each.status != 404:
                yield Sentence(
                    "GET {path} answered {status}; it must answer",
                    path=each.path,
                    status=each.status,
                )


class NoInferenceRoutes:
    """Trusts addresses of which none predicts, trains or prepares features."""

    def findings(self, evidence: Routes) -> Iterator[Sentence]:
        """Yield each that sounds like it."""
        for method, path in evidence.routes:
            # A parameter's name is no part of the address, a data set's is one word.
            said = re.sub(r"\{[^}]*\}", "", path.lower())
            if words := sorted(FORBIDDEN_ROUTE_WORDS & set(re.split(r"[^a-z_]+", said))):
                yield Sentence(
                    "{method} {path} has {words}; results are read, never made, here",
                    method=method,
                    path=path,
                    words=tuple(words),
                )


class OnlyRefreshWrites:
    """Trusts addresses that read, and the two that choose what is served."""

    def findings(self, evidence: Routes) -> Iterator[Sentence]:
        """Yield each other, and that of the two one is missing."""
        for method, path in evidence.routes:
            if method not in _READING and (method, path) not in WRITING:
                yield Sentence(
                    "{method} {path} changes something; only refresh and roll-back may",
                    method=method,
                    path=path,
                )
        for method, path in sorted(WRITING - set(evidence.routes)):
            yield Sentence("{method} {path} is missing", method=method, path=path)


class MetadataDeclared:
    """Trusts a contract in which every result has all of the metadata, and always."""

    def findings(self, evidence: DeclaredColumns) -> Iterator[Sentence]:
        """Yield each data set that lacks a column, or may leave one empty."""
        for data_set, columns in evidence.columns.items():
            results = _OF_RESULTS_ONLY & columns.keys() or any(_is_quantile(c) for c in columns)
            for name in METADATA:
                if not results and name not in _OF_EVERY_DATA_SET:
                    continue
                if name not in columns:
                    yield Sentence(
                        "{data_set} has no column {name}; the registry must declare it",
                        data_set=data_set,
                        name=name,
                    )
                elif not columns[name]:
                    yield Sentence(
                        "{data_set}.{name} may be empty; the registry must require it",
                        data_set=data_set,
                        name=name,
                    )


class MetadataFilled:
    """Trusts rows that say where they come from: no value of the metadata is missing."""

    def findings(self, evidence: PublishedRows) -> Iterator[Sentence]:
        """Yield each column with rows that don't."""
        if evidence.filled and not any(each.rows for each in evidence.filled):
            yield Sentence(
                "Publication {publication_id} has no row; it must have some",
                publication_id=evidence.publication_id,
            )
        looked_at = {each.data_set for each in evidence.filled}
        for name in sorted(evidence.columns.keys() - looked_at):
            yield Sentence("{name} was not looked at; every data set must be", name=name)
        for each in evidence.filled:
            for name in METADATA:
                if evidence.columns.get(each.data_set, {}).get(name) is None:
                    continue
                missing = each.rows - each.filled.get(name, 0)
                if missing:
                    yield Sentence(
                        "{missing} of {rows} rows of {data_set} have no {name}",
                        missing=missing,
                        rows=each.rows,
                        data_set=each.data_set,
                        name=name,
                    )


class EverythingRefused:
    """Trusts a database that refuses all that it was asked."""

    def findings(self, evidence: StatementAttempts) -> Iterator[Sentence]:
        """Yield each statement that it ran."""
        if not evidence.attempts:
            yield Sentence("The database was asked nothing; it must refuse what leads out of it")
        for each in evidence.attempts:
            if not each.refused:
                yield Sentence(
                    "The database ran {statement!r}; it must refuse it", statement=each.statement
                )
            elif not _REFUSAL.search(each.answer):
                yield (
                    Sentence(
                        "The database tried {statement!r} and failed ({answer}); it must refuse it",
                        statement=each.statement,
                        answer=each.answer,
                    )
                )


class WriteRefused:
    """Trusts a store that refuses what the portal writes."""

    def findings(self, evidence: StoreAnswer) -> Iterator[Sentence]:
        """Yield that it didn't, or that it is not known."""
        if evidence.writable == "yes":
            yield Sentence(
                "The store {address} took a write; its key must only read", address=evidence.address
            )
        elif evidence.writable != "no":
            why = evidence.problem or "it gave no answer"
            yield Sentence(
                "Whether the store {address} takes writes is not known: {why}",
                address=evidence.address,
                why=why,
            )


def _is_quantile(column: str) -> bool:
    return len(column) == len("q025") and column[0] == "q" and column[1:].isdigit()
