"""Inventory: all parts with stock, by class and as a list, and how the chosen one is planned."""

from __future__ import annotations

from pages.components import frame
from pages.components.language import _
from pages.components.stock import stock_list

publication = frame.publication()
frame.header(_("Inventory"))
stock_list.show(publication)
