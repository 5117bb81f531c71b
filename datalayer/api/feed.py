"""Atom feeds for whoever waits: the publications kept here, and what was activated of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from xml.etree import ElementTree

from fastapi import APIRouter, Query, Request, Response

from datalayer.api import atom
from datalayer.api.answers import made_answer
from datalayer.api.context import open_publication, read_router
from datalayer.kernel.contract.registry import Language
from datalayer.portal import Notice, Portal, Snapshot

MOST_ENTRIES: Final = 50
"""Switches in the feed of activations."""

LanguageName = Annotated[
    Literal["en", "pt-BR"],
    Query(description="Language of titles and sentences.", examples=["pt-BR"]),
]

_LANGUAGES: Final[dict[str, Language]] = {"pt-BR": "pt_BR", "en": "en"}
_TITLES: Final = {"pt-BR": "Farol: publicações ativadas", "en": "Farol: what was activated"}


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of the feeds."""
    router = read_router("publications")

    @router.get(
        "/publications.atom",
        operation_id="get_publications_feed",
        summary="The publications kept here, as an Atom feed",
        responses=_responses("The feed, the newest publication first."),
        response_class=Response,
    )
    def publications(request: Request) -> Response:
        """What `publications` lists, for feed readers; an entry keeps its id on every replica."""
        active = open_publication(request, portal, None)
        feed = _publications(request, portal.snapshots.all(), active.id)
        return made_answer(request, atom.written(feed), atom.CONTENT_TYPE, active.provenance(()))

    @router.get(
        "/activations.atom",
        operation_id="get_activations_feed",
        summary="What was activated or gone back to, with its effect, as an Atom feed",
        responses=_responses(f"The feed: the last {MOST_ENTRIES} switches, the latest first."),
        response_class=Response,
    )
    def activations(request: Request, language: LanguageName = "en") -> Response:
        """An entry for each switch, however short it lasted; none is ever changed or merged.

        What a switch does to the orders is told as far as it is known.
        """
        active = open_publication(request, portal, None)
        feed = _activations(request, portal.notices.latest(MOST_ENTRIES), language)
        return made_answer(request, atom.written(feed), atom.CONTENT_TYPE, active.provenance(()))

    return router


def _responses(description: str) -> dict[int | str, dict[str, Any]]:
    content = {atom.MEDIA_TYPE: {"schema": {"type": "string"}, "example": atom.EXAMPLE}}
    return {200: {"description": description, "content": content}}


def _publications(
    request: Request, kept: tuple[Snapshot, ...], active_id: str
) -> ElementTree.Element:
    feed = atom.feed_element(
        request,
        "feed",
        "/api/v1/publications.atom",
        title="Farol: publications",
        updated=max(each.manifest.generated_at for each in kept),
    )
    for snapshot in kept:
        is_active = snapshot.publication_id == active_id
        _add_publication(feed, request, snapshot, is_active=is_active)
    return feed


def _add_publication(
    feed: ElementTree.Element, request: Request, snapshot: Snapshot, *, is_active: bool
) -> None:
    manifest = snapshot.manifest
    entry = ElementTree.SubElement(feed, "entry")
    at = manifest.generated_at
    atom.add(entry, "title", f"Publication of {at:%Y-%m-%d %H:%M} UTC")
    atom.add(entry, "id", atom.urn(f"publication:{manifest.publication_id}"))
    atom.add(entry, "updated", at.isoformat())
    files = f"/api/v1/publications/{manifest.publication_id}/files"
    atom.link(entry, "alternate", "application/json", atom.absolute(request, files))
    if is_active:
        ElementTree.SubElement(entry, "category", {"term": "active"})
    atom.add(
        entry,
        "summary",
        f"{manifest.publication_id}: forecasts of {manifest.dataset_id} by model version "
        f"{manifest.model_version}, with demand through {manifest.data_through}.",
    )


def _activations(request: Request, notices: Sequence[Notice], name: str) -> ElementTree.Element:
    feed = atom.feed_element(
        request,
        # Who reads both languages has two feeds, whose entries are told apart by theirs.
        f"activations:{name}",
        f"/api/v1/activations.atom?language={name}",
        title=_TITLES[name],
        updated=max(each.switch.at for each in notices),
        language=name,
    )
    for notice in notices:
        _add_switch(feed, request, notice, _LANGUAGES[name])
    return feed


def _add_switch(
    feed: ElementTree.Element, request: Request, notice: Notice, language: Language
) -> None:
    switch, changes = notice.switch, notice.changes_path()
    monday = atom.absolute(request, "/")
    entry = ElementTree.SubElement(feed, "entry")
    atom.add(entry, "title", notice.title(language))
    atom.add(entry, "id", switch.id.urn)
    atom.add(entry, "updated", switch.at.isoformat())
    page = atom.absolute(request, changes) if changes else monday
    atom.link(entry, "alternate", "text/html", page)
    if changes:
        atom.link(entry, "related", "text/html", monday)
    term = "returned" if switch.is_return else "activated"
    ElementTree.SubElement(entry, "category", {"term": term})
    atom.add(entry, "summary", notice.sentence(language))
