"""What is trusted of the running portal: its addresses, rows, database and store."""

from __future__ import annotations

import re
from collections.abc import Iterator

from datalayer.compliance.evidence.exercise import (
    METADATA,
    Attempts,
    DeclaredColumns,
    PublishedRows,
    Routes,
    StoreAnswer,
    Use,
)
from datalayer.compliance.forbidden import FORBIDDEN_ROUTE_WORDS

WRITING = frozenset({("POST", "/api/v1/data/refresh"), ("POST", "/api/v1/data/rollback")})
"""The only addresses that change something: which publication is served."""

# As DuckDB says it. What fails for another reason, such as a host that does not answer, was tried.
_REFUSAL = re.compile(r"disabled (by|through) configuration|configuration has been locked")
_READING = frozenset({"GET", "HEAD"})
_OF_EVERY_DATA_SET = frozenset({"dataset_id", "generated_at"})
_OF_RESULTS_ONLY = frozenset({"model_version", "source", "forecast", "is_champion"})


class AllUsed:
    """Trusts a portal whose every page was drawn and whose every address answered."""

    def findings(self, evidence: Use) -> Iterator[str]:
        """Yield each that was not: what was not used proves nothing of what it loads."""
        if not evidence.pages or not evidence.endpoints:
            yield "No page or no address was used; all of them must be"
        for page in evidence.pages:
            for problem in page.problems:
                yield f"The page {page.page} ({page.language}) reported: {problem}"
        for each in evidence.endpoints:
            if not 200 <= each.status < 400 and each.status != 404:
                yield f"GET {each.path} answered {each.status}; it must answer"


class NoInferenceRoutes:
    """Trusts addresses of which none predicts, trains or prepares features."""

    def findings(self, evidence: Routes) -> Iterator[str]:
        """Yield each that sounds like it."""
        for method, path in evidence.routes:
            # A parameter's name is no part of the address, a data set's is one word.
            said = re.sub(r"\{[^}]*\}", "", path.lower())
            if words := sorted(FORBIDDEN_ROUTE_WORDS & set(re.split(r"[^a-z_]+", said))):
                yield f"{method} {path} has {', '.join(words)}; results are read, never made, here"


class OnlyRefreshWrites:
    """Trusts addresses that read, and the two that choose what is served."""

    def findings(self, evidence: Routes) -> Iterator[str]:
        """Yield each other, and that of the two one is missing."""
        for method, path in evidence.routes:
            if method not in _READING and (method, path) not in WRITING:
                yield f"{method} {path} changes something; only refresh and roll-back may"
        for method, path in sorted(WRITING - set(evidence.routes)):
            yield f"{method} {path} is missing"


class MetadataDeclared:
    """Trusts a contract in which every result has all of the metadata, and always."""

    def findings(self, evidence: DeclaredColumns) -> Iterator[str]:
        """Yield each data set that lacks a column, or may leave one empty."""
        for data_set, columns in evidence.columns.items():
            results = _OF_RESULTS_ONLY & columns.keys() or any(_is_quantile(c) for c in columns)
            for name in METADATA:
                if not results and name not in _OF_EVERY_DATA_SET:
                    continue
                if name not in columns:
                    yield f"{data_set} has no column {name}; the registry must declare it"
                elif not columns[name]:
                    yield f"{data_set}.{name} may be empty; the registry must require it"


class MetadataFilled:
    """Trusts rows that say where they come from: no value of the metadata is missing."""

    def findings(self, evidence: PublishedRows) -> Iterator[str]:
        """Yield each column with rows that don't."""
        if evidence.filled and not any(each.rows for each in evidence.filled):
            yield f"Publication {evidence.publication_id} has no row; it must have some"
        looked_at = {each.data_set for each in evidence.filled}
        for name in sorted(evidence.columns.keys() - looked_at):
            yield f"{name} was not looked at; every data set must be"
        for each in evidence.filled:
            for name in METADATA:
                if evidence.columns.get(each.data_set, {}).get(name) is None:
                    continue
                missing = each.rows - each.filled.get(name, 0)
                if missing:
                    yield f"{missing:,} of {each.rows:,} rows of {each.data_set} have no {name}"


class EverythingRefused:
    """Trusts a database that refuses all that it was asked."""

    def findings(self, evidence: Attempts) -> Iterator[str]:
        """Yield each statement that it ran."""
        if not evidence.attempts:
            yield "The database was asked nothing; it must refuse what leads out of it"
        for each in evidence.attempts:
            if not each.refused:
                yield f"The database ran {each.statement!r}; it must refuse it"
            elif not _REFUSAL.search(each.answer):
                yield (
                    f"The database tried {each.statement!r} and failed ({each.answer}); "
                    "it must refuse it"
                )


class WriteRefused:
    """Trusts a store that refuses what the portal writes."""

    def findings(self, evidence: StoreAnswer) -> Iterator[str]:
        """Yield that it didn't, or that it is not known."""
        if evidence.writable == "yes":
            yield f"The store {evidence.address} took a write; its key must only read"
        elif evidence.writable != "no":
            why = evidence.problem or "it gave no answer"
            yield f"Whether the store {evidence.address} takes writes is not known: {why}"


def _is_quantile(column: str) -> bool:
    return len(column) == len("q025") and column[0] == "q" and column[1:].isdigit()
