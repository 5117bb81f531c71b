"""What the readers of a fault may be told: the figures of every publication, by its id.

They are taken from the story that the data were made from, never from the portal, so an answer
that mixes two publications, or bears a number that nobody published, shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datalayer.kernel.contract.manifest import Manifest
from tests.fake_data import FUTURE_DAYS, ORIGIN_DAYS, SOURCES, Story
from tests.publisher import DATASET_ID, MODEL_VERSION, Publisher

FEWEST_ITEMS = 40
FORECAST_DAYS = FUTURE_DAYS + 2 * ORIGIN_DAYS
"""Days that have a forecast: those to come, and those of the two cutoffs."""


@dataclass(frozen=True)
class Figures:
    """Some figures of a publication, which no other one has.

    Attributes:
        items: Number of its parts.
        forecast: By part and source, the same for each day, in units a day.
        demand: By part, all of it, in units.
    """

    items: int
    generated_at: str
    forecast: Mapping[str, Mapping[str, float]]
    demand: Mapping[str, float]

    def total(self, source: str) -> float:
        """The sum of all forecasts of *source*, in units."""
        return FORECAST_DAYS * sum(by_source[source] for by_source in self.forecast.values())


class PublicationSeries:
    """Publishes one after the other, and notes the figures of each in *folder*.

    Each is generated a minute after the one before, and has one part more.
    """

    def __init__(self, publisher: Publisher, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._publisher = publisher
        self._first_at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)

    def publish(self, *, ahead: timedelta = timedelta()) -> Manifest:
        """Make a publication the store's latest, generated *ahead* of when it should be."""
        count = len(self._publisher.published)
        generated_at = self._first_at + timedelta(minutes=count) + ahead
        items = FEWEST_ITEMS + count
        salt = f"publication {count}"
        manifest = self._publisher.publish(generated_at=generated_at, items=items, salt=salt)
        figures = _figures(Story(items, generated_at, DATASET_ID, MODEL_VERSION, salt))
        (self.folder / f"{manifest.publication_id}.json").write_text(json.dumps(asdict(figures)))
        return manifest

    def go_back(self) -> None:
        """Make the publication before the last one the store's latest again."""
        self._publisher.go_back()


class KnownFigures:
    """The figures that ``PublicationSeries`` noted in a folder, also while others are added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Figures] = {}

    def of(self, publication_id: str) -> Figures | None:
        """Return those of a publication; None for one that was never published."""
        if publication_id not in self._known:
            try:
                content = (self._folder / f"{publication_id}.json").read_text()
            except OSError:
                return None
            self._known[publication_id] = Figures(**json.loads(content))
        return self._known[publication_id]


def _figures(story: Story) -> Figures:
    demand = dict.fromkeys(story.codes, 0.0)
    for (code, _), quantity in story.demand.items():
        demand[code] += quantity
    return Figures(
        items=story.items,
        generated_at=story.generated_at.isoformat().replace("+00:00", "Z"),
        forecast={
            code: {source: story.expected(code, source) for source in SOURCES}
            for code in story.codes
        },
        demand=demand,
    )
