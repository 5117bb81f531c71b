"""The publications kept here as an Atom feed (RFC 4287), for whoever waits for the next one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from fastapi import APIRouter, Request, Response

from datalayer.api.answers import made_answer
from datalayer.api.context import open_publication, read_router
from datalayer.api.path_prefix import address
from datalayer.portal import Portal, Snapshot

MEDIA_TYPE = "application/atom+xml"

_ATOM = "http://www.w3.org/2005/Atom"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXAMPLE = f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="{_ATOM}">...</feed>'


def create_router(portal: Portal) -> APIRouter:
    """Return the route of the feed."""
    router = read_router("publications")

    @router.get(
        "/publications.atom",
        operation_id="get_publications_feed",
        summary="The publications kept here, as an Atom feed",
        responses={
            200: {
                "description": "The feed, the newest publication first.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
            }
        },
        response_class=Response,
    )
    def feed(request: Request) -> Response:
        """What `publications` lists, for feed readers; an entry keeps its id on every replica."""
        active = open_publication(request, portal, None)
        body = _feed(request, portal.snapshots.all(), active.id)
        return made_answer(request, body, f"{MEDIA_TYPE}; charset=utf-8", active.provenance(()))

    return router


def _feed(request: Request, kept: tuple[Snapshot, ...], active_id: str) -> bytes:
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(feed, "title", "Farol: publications")
    # One feed for each name and path that the portal answers under; no other portal has both.
    _add(feed, "id", _urn(f"feed:{urlsplit(_origin(request)).hostname}{address('')}"))
    _add(feed, "updated", max(each.manifest.generated_at for each in kept).isoformat())
    _add(ElementTree.SubElement(feed, "author"), "name", "Farol")
    _link(feed, "self", MEDIA_TYPE, _absolute(request, "/api/v1/publications.atom"))
    _link(feed, "alternate", "text/html", _absolute(request, "/"))
    for snapshot in kept:
        _add_entry(feed, request, snapshot, is_active=snapshot.publication_id == active_id)
    return bytes(ElementTree.tostring(feed, "utf-8", xml_declaration=True))


def _add_entry(
    feed: ElementTree.Element, request: Request, snapshot: Snapshot, *, is_active: bool
) -> None:
    manifest = snapshot.manifest
    entry = ElementTree.SubElement(feed, "entry")
    at = manifest.generated_at
    _add(entry, "title", f"Publication of {at:%Y-%m-%d %H:%M} UTC")
    _add(entry, "id", _urn(f"publication:{manifest.publication_id}"))
    _add(entry, "updated", at.isoformat())
    files = f"/api/v1/publications/{manifest.publication_id}/files"
    _link(entry, "alternate", "application/json", _absolute(request, files))
    if is_active:
        ElementTree.SubElement(entry, "category", {"term": "active"})
    _add(
        entry,
        "summary",
        f"{manifest.publication_id}: forecasts of {manifest.dataset_id} by model version "
        f"{manifest.model_version}, with demand through {manifest.data_through}.",
    )


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _NO_XML.sub("\ufffd", text)


def _link(parent: ElementTree.Element, relation: str, media_type: str, href: str) -> None:
    about = {"rel": relation, "type": media_type, "href": href}
    ElementTree.SubElement(parent, "link", about)


def _urn(name: str) -> str:
    return uuid5(NAMESPACE_URL, f"tag:farol,2026:{name}").urn


def _absolute(request: Request, path: str) -> str:
    return _origin(request) + address(path)


def _origin(request: Request) -> str:
    """Return where the reader asked, which a proxy says that asks under a name of its own.

    All these names are known ones (``Entrance``).
    """
    proto = _first(request, "x-forwarded-proto")
    scheme = proto if proto in {"http", "https"} else request.url.scheme
    return f"{scheme}://{_first(request, 'x-forwarded-host') or request.url.netloc}"


def _first(request: Request, name: str) -> str:
    """Return what the proxy nearest to the reader wrote into the header *name*."""
    return request.headers.get(name, "").partition(",")[0].strip()
