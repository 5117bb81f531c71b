"""Order list: the orders taken along from the list of what to do, as files."""

from __future__ import annotations

from pages.components import frame
from pages.components.language import _

publication = frame.publication()
frame.header(_("Order list"))
