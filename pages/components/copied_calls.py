"""Copy this call: how to fetch what the page shows from a terminal, Python or R."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urljoin

import streamlit as st

from datalayer.runtime import portal
from pages.components.language import _

KEY_VARIABLE: Final = "FAROL_KEY"
"""Environment variable that the calls take the API key from, where one is needed."""

_NOWHERE: Final = "http://localhost:8501/"


def show(file: str, parquet: str, csv: str, texts: Sequence[str], flags: Sequence[str]) -> None:
    """Draw the calls that fetch the very rows of an extract; what it takes is as in ``calls_of``.

    The addresses are below that of the pages.
    """
    members_only = portal().members_only
    base = st.context.url or _NOWHERE
    addresses = (urljoin(base, address) for address in (file, parquet, csv))
    with st.expander(_("Copy this call"), icon=":material/terminal:"):
        st.caption(_("The same rows, columns and order, of this publication and no other."))
        calls = calls_of(*addresses, texts, flags, with_key=members_only)
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
        "R": _r(address, texts, (), with_key=with_key),
    }


def calls_of(
    file: str,
    parquet: str,
    csv: str,
    texts: Sequence[str],
    flags: Sequence[str],
    *,
    with_key: bool,
) -> Mapping[str, str]:
    """Return code that fetches the rows of an extract, by language.

    Args:
        file: Address of the file chosen, which curl keeps under its name.
        parquet: Address of the same rows in Parquet, which Python reads with all types.
        csv: That of the same rows as CSV, which R reads by itself.
        texts: Their columns that must stay text.
        flags: Those that are true or false, which R by itself takes for text.
        with_key: For a portal that answers to keys only.
    """
    return {
        "curl": _curl(file, with_key=with_key),
        "Python": _python(parquet, with_key=with_key),
        "R": _r(csv, texts, flags, with_key=with_key),
    }


def _curl(address: str, *, with_key: bool) -> str:
    key = f'  -H "X-API-Key: ${KEY_VARIABLE}" \\\n' if with_key else ""
    # Brackets and braces of an address are no patterns.
    kept = "curl --fail --globoff --remote-name --remote-header-name"
    return f"{kept} \\\n{key}  {shlex.quote(address)}\n"


def _python(address: str, *, with_key: bool) -> str:
    if not with_key:
        return f"import pandas as pd\n\nrows = pd.read_parquet({_quoted(address)})\n"
    return (
        "from os import environ\n\nimport pandas as pd\n\n"
        f'key = {{"X-API-Key": environ["{KEY_VARIABLE}"]}}\n'
        f"rows = pd.read_parquet({_quoted(address)}, storage_options=key)\n"
    )


def _python_csv(address: str, texts: Sequence[str], *, with_key: bool) -> str:
    kinds = ", ".join(f"{_quoted(name)}: str" for name in texts)
    read = f"pd.read_csv({_quoted(address)}, dtype={{{kinds}}}"
    if not with_key:
        return f"import pandas as pd\n\nrows = {read})\n"
    return (
        "from os import environ\n\nimport pandas as pd\n\n"
        f'key = {{"X-API-Key": environ["{KEY_VARIABLE}"]}}\n'
        f"rows = {read}, storage_options=key)\n"
    )


def _r(address: str, texts: Sequence[str], flags: Sequence[str], *, with_key: bool) -> str:
    """Return code of base R; text stays text, so that codes keep their leading zeros."""
    classes = [
        *(f'{name} = "character"' for name in texts),
        *(f'{name} = "logical"' for name in flags),
    ]
    kinds = f", colClasses = c({', '.join(classes)})" if classes else ""
    key = f', headers = c("X-API-Key" = Sys.getenv("{KEY_VARIABLE}"))' if with_key else ""
    return (
        f'file <- url({_quoted(address)}, encoding = "UTF-8"{key})\n'
        f'rows <- read.csv(file, na.strings = ""{kinds})\n'
    )


def _quoted(text: str) -> str:
    """Return *text* as Python and R both write it; no letter beyond ASCII, no line of its own."""
    return json.dumps(text)
