"""Copy this call: how to fetch what the page shows from a terminal, Python or R."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode, urljoin

import streamlit as st

from datalayer.kernel.contract.registry import ColumnType, DataSet
from datalayer.portal import Publication
from datalayer.runtime import portal
from pages.components.language import _

KEY_VARIABLE: Final = "FAROL_KEY"
"""Environment variable that the calls take the API key from, where one is needed."""

_NOWHERE: Final = "http://localhost:8501/"


def show(publication: Publication, data_set: DataSet) -> None:
    """Draw the calls that fetch *data_set* of the publication shown."""
    members_only = portal().members_only
    calls = calls_of(
        urljoin(st.context.url or _NOWHERE, f"api/v1/extracts/{data_set.name}"),
        data_set,
        publication.id,
        with_key=members_only,
    )
    with st.expander(_("Copy this call"), icon=":material/terminal:"):
        _draw(calls, with_key=members_only)


def show_csv(address: str, texts: Sequence[str]) -> None:
    """Draw the calls that fetch the rows at *address*, below that of the pages, as CSV.

    *texts* are columns that must stay text.
    """
    members_only = portal().members_only
    whole = urljoin(st.context.url or _NOWHERE, address)
    st.markdown(_("**Copy this call**"))
    _draw(csv_calls(whole, texts, with_key=members_only), with_key=members_only)


def _draw(calls: Mapping[str, str], *, with_key: bool) -> None:
    for tab, (language, code) in zip(st.tabs(list(calls)), calls.items(), strict=True):
        tab.code(code, language={"curl": "bash"}.get(language, language.lower()))
    if with_key:
        explanation = _("Put an API key into the environment variable {name} first.")
        st.caption(explanation.format(name=KEY_VARIABLE))


def csv_calls(address: str, texts: Sequence[str], *, with_key: bool) -> Mapping[str, str]:
    """Return code that fetches the CSV at *address*, by language; *texts* must stay text."""
    return {
        "curl": _curl(address, with_key=with_key),
        "Python": _python_csv(address, texts, with_key=with_key),
        "R": _r(address, texts, with_key=with_key),
    }


def calls_of(
    address: str, data_set: DataSet, publication_id: str, *, with_key: bool
) -> Mapping[str, str]:
    """Return code that fetches a whole data set of a certain publication, by language.

    *address* is that of the extract, without its format; *with_key* for a portal that answers to
    keys only.
    """
    pin = urlencode({"p": publication_id})
    csv, parquet = (f"{address}.{kind}?{pin}" for kind in ("csv", "parquet"))
    return {
        "curl": _curl(parquet, with_key=with_key),
        "Python": _python(parquet, with_key=with_key),
        "R": _r(csv, _texts_of(data_set), with_key=with_key),
    }


def _curl(address: str, *, with_key: bool) -> str:
    key = f'  -H "X-API-Key: ${KEY_VARIABLE}" \\\n' if with_key else ""
    return f'curl --fail --remote-name --remote-header-name \\\n{key}  "{address}"\n'


def _python(address: str, *, with_key: bool) -> str:
    if not with_key:
        return f'import pandas as pd\n\nrows = pd.read_parquet("{address}")\n'
    return (
        "from os import environ\n\nimport pandas as pd\n\n"
        f'key = {{"X-API-Key": environ["{KEY_VARIABLE}"]}}\n'
        f'rows = pd.read_parquet("{address}", storage_options=key)\n'
    )


def _python_csv(address: str, texts: Sequence[str], *, with_key: bool) -> str:
    kinds = ", ".join(f'"{name}": str' for name in texts)
    read = f'pd.read_csv("{address}", dtype={{{kinds}}}'
    if not with_key:
        return f"import pandas as pd\n\nrows = {read})\n"
    return (
        "from os import environ\n\nimport pandas as pd\n\n"
        f'key = {{"X-API-Key": environ["{KEY_VARIABLE}"]}}\n'
        f"rows = {read}, storage_options=key)\n"
    )


def _texts_of(data_set: DataSet) -> list[str]:
    return [column.name for column in data_set.columns if column.type is ColumnType.TEXT]


def _r(address: str, texts: Sequence[str], *, with_key: bool) -> str:
    """Return code of base R; text stays text, so that codes keep their leading zeros."""
    classes = ", ".join(f'{name} = "character"' for name in texts)
    key = f', headers = c("X-API-Key" = Sys.getenv("{KEY_VARIABLE}"))' if with_key else ""
    return (
        f'file <- url("{address}", encoding = "UTF-8"{key})\n'
        f'rows <- read.csv(file, na.strings = "", colClasses = c({classes}))\n'
    )
