"""Guide: how planners, administrators and analysts work with the portal, without a network."""

from __future__ import annotations

from pages.components import guide

guide.show(guide.choose())
