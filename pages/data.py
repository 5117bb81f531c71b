"""Data: an extract built, seen and taken; what its columns mean, how fresh and whence it is."""

from pages.components import frame
from pages.components.data import data_tabs
from pages.components.language import _

publication = frame.publication()
frame.header(_("Data"))
data_tabs.show(publication)
