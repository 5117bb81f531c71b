"""Feeds as Atom has them (RFC 4287): elements, ids, and links to where the reader asked."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from fastapi import Request

from datalayer.api.path_prefix import address

MEDIA_TYPE: Final = "application/atom+xml"
CONTENT_TYPE: Final = f"{MEDIA_TYPE}; charset=utf-8"

_ATOM: Final = "http://www.w3.org/2005/Atom"
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
EXAMPLE: Final = f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="{_ATOM}">...</feed>'


def feed_element(
    request: Request, name: str, path: str, *, title: str, updated: datetime, language: str = "en"
) -> ElementTree.Element:
    """Return a feed without entries.

    Args:
        request: The reader's.
        name: One for each feed of a portal; its id is made of it.
        path: Where it is read, with its query.
        title: For people.
        updated: When the newest entry changed.
        language: As BCP 47 names it.
    """
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    add(feed, "title", title)
    # One feed for each name and path that the portal answers under; no other portal has both.
    add(feed, "id", urn(f"{name}:{urlsplit(_origin(request)).hostname}{address('')}"))
    add(feed, "updated", updated.isoformat())
    add(ElementTree.SubElement(feed, "author"), "name", "Farol")
    link(feed, "self", MEDIA_TYPE, absolute(request, path))
    link(feed, "alternate", "text/html", absolute(request, "/"))
    return feed


def add(parent: ElementTree.Element, name: str, text: str) -> None:
    """Add an element with *text*; what XML can't say is replaced."""
    ElementTree.SubElement(parent, name).text = _NO_XML.sub("\ufffd", text)


def link(parent: ElementTree.Element, relation: str, media_type: str, href: str) -> None:
    """Add a link."""
    about = {"rel": relation, "type": media_type, "href": href}
    ElementTree.SubElement(parent, "link", about)


def urn(name: str) -> str:
    """Return the id of what is called *name*, the same on every replica."""
    return uuid5(NAMESPACE_URL, f"tag:farol,2026:{name}").urn


def absolute(request: Request, path: str) -> str:
    """Return *path* of this portal as the reader writes it, with scheme and host."""
    return _origin(request) + address(path)


def written(feed: ElementTree.Element) -> bytes:
    """Return *feed* as a document."""
    return bytes(ElementTree.tostring(feed, "utf-8", xml_declaration=True))


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
