"""Uses the whole portal once and writes down what came of it: what the proof goes by.

It runs in a process of its own, begun by ``datalayer/compliance``, with a state folder of its own:
``python -m pages._exercise request.json answer.json``. Every page is drawn in both languages, every
address that reads is asked, the database is asked for what it must refuse; after that, nothing that
the portal ever loads is left unloaded. It judges nothing.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st
from streamlit.testing.v1 import AppTest

from datalayer.compliance.evidence.routes import walk_routes
from datalayer.kernel.contract.manifest import MANIFEST_NAME
from datalayer.kernel.errors import NothingPublished, ObjectMissing, PortalError
from datalayer.portal import Identity, Publication, Role, questions
from datalayer.runtime import SESSION_COOKIE, accounts, portal
from pages.components.administration import sections

PAGES: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "pt_BR")
SECTIONS: Final = {"admin": sections.OTHERS}
PROVER: Final = Identity("cli:proof", Role.ADMIN)
# Parameters of addresses that name a publication, whatever their example says.
_PUBLICATIONS: Final = frozenset({"before", "after", "a", "b", "publication_id"})
_PATIENCE_S: Final = 120

Json = dict[str, Any]


def main(request: Path, answer: Path) -> None:
    """Do what *request* asks, a JSON file, and write the answer to another."""
    asked: Json = json.loads(request.read_text(encoding="utf-8"))
    published, refusal = _publication()
    token = _sign_in()
    found: Json = {
        "publication_id": published.id if published else None,
        "refusal": refusal,
        "pages": list(_draw_pages(token)),
        **_ask_addresses(published, token),
        "columns": _declared(),
        "filled": list(_filled(published, asked["columns"])) if published else [],
        "attempts": list(_attempt(published, asked["statements"])) if published else [],
        "store": _store(),
    }
    # Last: by now everything has been used.
    found |= {"modules": sorted(sys.modules), "origins": _origins()}
    answer.write_text(json.dumps(found), encoding="utf-8")


def _publication() -> tuple[Publication | None, str]:
    """Return the active publication, the store's latest where there is none yet; else why not.

    That an empty store has none is nothing that went wrong, and no reason is given.
    """
    try:
        return portal().open(identity=PROVER), ""
    except NothingPublished:
        pass
    try:
        portal().activate(PROVER)
    except ObjectMissing as error:
        return None, "" if error.key == MANIFEST_NAME else str(error)
    except PortalError as error:
        return None, str(error)
    return portal().open(identity=PROVER), ""


def _sign_in() -> str:
    """Return the token of an administrator's session, of a state that lives no longer than this."""
    password = secrets.token_urlsafe(24)
    accounts().add("proof", Role.ADMIN, password, by=PROVER)
    return accounts().sign_in("proof", password).token


def _draw_pages(token: str) -> Iterator[Json]:
    # Of a connection, which a page under test has none of, the pages ask no more than this.
    connection: Any = type(st.context)
    connection.cookies = property(lambda _: {SESSION_COOKIE: token})
    connection.ip_address = property(lambda _: "127.0.0.1")
    names = sorted(path.stem for path in PAGES.glob("*.py") if not path.stem.startswith("_"))
    for language in LANGUAGES:
        app = AppTest.from_file(str(PAGES / "_navigation.py"), default_timeout=_PATIENCE_S)
        app.query_params["lang"] = language
        app.run()
        for name in names:
            app.switch_page(f"{name}.py")
            problems = dict.fromkeys(_problems(app, SECTIONS.get(name, ())))
            yield {"page": name, "language": language, "problems": list(problems)}


def _problems(app: AppTest, others: Iterable[str]) -> Iterator[str]:
    """Draw a page as it opens, then each of its *others* sections; yield what is reported."""
    for section in ("", *others):
        if section:
            app.query_params[sections.PARAMETER] = section
        app.run()
        yield from (each.message for each in app.exception)
        # A page that could not even begin draws no title, and Streamlit tells of no error.
        yield from () if app.title else ("no title was drawn",)
        yield from (str(each.value) for each in app.error)
    app.query_params.pop(sections.PARAMETER, None)


def _ask_addresses(published: Publication | None, token: str) -> Json:
    from starlette.routing import Mount

    # A store key that may write keeps the portal from starting; here it is a finding among others.
    portal().require_read_only_store = lambda **_: None  # type: ignore[method-assign]
    import app as served_app

    application = served_app.served.application
    (api,) = (each.app for each in application.routes if isinstance(each, Mount))
    document = api.openapi()
    routes = _routes(application.routes, document)
    prefix = document["servers"][0]["url"]
    addresses = [
        prefix.removesuffix("/api") + path
        for method, path in sorted(routes)
        if method == "GET" and "{" not in path
    ]
    addresses += [
        prefix + _filled_in(path, operations["get"], published)
        for path, operations in document["paths"].items()
        if "get" in operations and "{" in path
    ]
    cookie = f"{SESSION_COOKIE}={token}"
    endpoints = [{"path": each, "status": _get(served_app.app, each, cookie)} for each in addresses]
    return {"endpoints": endpoints, "routes": sorted(routes)}


def _filled_in(path: str, operation: Json, published: Publication | None) -> str:
    required = [each for each in operation.get("parameters", ()) if each.get("required")]
    query = {each["name"]: _example(each) for each in required if each["in"] == "query"}
    for parameter in (each for each in required if each["in"] == "path"):
        name = parameter["name"]
        value = _example(parameter)
        if published and name in _PUBLICATIONS:
            value = published.id
        elif published and name == "item_id":
            value = _first_item(published) or value
        elif name == "job_id":
            # One that does nothing: of an unknown one other replicas would be asked.
            value = portal().jobs.start("activate", PROVER, lambda _: None).job_id
        path = path.replace(f"{{{name}}}", str(value))
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _example(parameter: Json) -> object:
    if "example" in parameter:
        return parameter["example"]
    return next(iter(parameter["examples"].values()))["value"]


def _first_item(published: Publication) -> str | None:
    data_set = portal().registry.data_sets["dim_item"]
    rows = published.table(questions.data_sets.rows(data_set, limit=1)).table
    return rows["item_id"][0].as_py() if rows.num_rows else None


def _routes(routes: Iterable[Any], document: Json) -> set[tuple[str, str]]:
    """Return method and path of every address, documented or not."""
    documented = {
        (method.upper(), f"/api{path}")
        for path, operations in document["paths"].items()
        for method in operations
    }
    return documented | set(walk_routes(list(routes)))


def _get(app: Any, address: str, cookie: str) -> int:  # noqa: ANN401 - an ASGI application
    """Return the status of a GET, asked as a server would hand it to the application."""
    path, _, query = address.partition("?")
    headers = {"host": "localhost", "cookie": cookie, "accept": "*/*"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 80),
        "state": {},
    }
    statuses: list[int] = []
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Json:
        while not asked:
            await asyncio.sleep(_PATIENCE_S)
        return asked.pop()

    async def send(message: Json) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(asyncio.wait_for(app(scope, receive, send), _PATIENCE_S))
    return statuses[0]


def _declared() -> Json:
    return {
        name: {column.name: column.required for column in data_set.columns}
        for name, data_set in portal().registry.data_sets.items()
    }


def _filled(published: Publication, columns: list[str]) -> Iterator[Json]:
    for name, data_set in published.registry.data_sets.items():
        question = questions.data_sets.columns_filled(data_set, tuple(columns))
        (batch,) = published.stream(question)
        (counts,) = batch.to_pylist()
        yield {"data_set": name, "rows": counts.pop("rows"), "filled": counts}


def _attempt(published: Publication, statements: list[str]) -> Iterator[Json]:
    for statement in statements:
        try:
            portal().database.query(published.id, statement, {})
        except PortalError as refusal:
            # The portal's own sentence keeps back what the database said.
            said = str(refusal.__cause__ or refusal)
            yield {"statement": statement, "refused": True, "answer": said}
        else:
            yield {"statement": statement, "refused": False, "answer": ""}


def _store() -> Json:
    state = portal().store_state()
    watch = portal().store_watch
    watch.last_answer()
    watch.wait_for_answer()
    last = watch.last_answer()
    problem = str(state.problem or last.problem)
    return {"address": state.address, "writable": last.writable, "problem": problem}


def _origins() -> dict[str, list[str]]:
    brought = packages_distributions()
    loaded = {name.partition(".")[0] for name in sys.modules}
    return {name: sorted(set(brought[name])) for name in sorted(loaded & brought.keys())}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
