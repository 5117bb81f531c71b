"""Six depots in three regions: the towers that each serves, and their climate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray

YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Season:
    """How much of a cause a place has, over the year: a cosine.

    Attributes:
        level: Mean over the year; 1 is usual.
        swing: How far it goes up and down, as a share of the mean.
        peak: Day of the year on which it is highest.
    """

    level: float
    swing: float = 0.0
    peak: int = 1

    def over(self, day_of_year: FloatArray) -> FloatArray:
        """Return its value on each day."""
        angle = 2 * np.pi * (day_of_year - self.peak) / YEAR_DAYS
        values: FloatArray = self.level * (1 + self.swing * np.cos(angle))
        return values


@dataclass(frozen=True)
class Depot:
    """A depot; latitude and longitude in degrees north and east, WGS 84.

    Attributes:
        towers: Served from it.
        climate: By cause of demand, where it is not the same everywhere all year.
    """

    location_id: str
    name: str
    region: str
    state: str
    latitude: float
    longitude: float
    towers: int
    climate: Mapping[str, Season]


REGIONS: Mapping[str, str] = {
    "R-SS": "Sul e Sudeste",
    "R-NE": "Nordeste",
    "R-NC": "Norte e Centro-Oeste",
}

DEPOTS = (
    Depot(
        "CD-SP", "CD Guarulhos", "R-SS", "SP", -23.4543, -46.5337, 6100,
        {
            "heat": Season(0.9, 0.45, 25), "rain": Season(1.0, 0.6, 15),
            "lightning": Season(1.0, 0.7, 20), "salt": Season(0.6), "theft": Season(1.3),
        },
    ),
    Depot(
        "CD-PR", "CD Curitiba", "R-SS", "PR", -25.4290, -49.2671, 2700,
        {
            "heat": Season(0.7, 0.55, 22), "rain": Season(1.0, 0.35, 15),
            "lightning": Season(1.0, 0.6, 10), "salt": Season(0.5), "theft": Season(0.8),
        },
    ),
    Depot(
        "CD-BA", "CD Simões Filho", "R-NE", "BA", -12.7867, -38.4039, 2900,
        {
            "heat": Season(1.15, 0.2, 45), "rain": Season(1.0, 0.5, 140),
            "lightning": Season(0.6, 0.4, 330), "salt": Season(1.6), "theft": Season(1.1),
        },
    ),
    Depot(
        "CD-PE", "CD Jaboatão dos Guararapes", "R-NE", "PE", -8.1130, -35.0147, 2600,
        {
            "heat": Season(1.2, 0.15, 40), "rain": Season(1.2, 0.7, 170),
            "lightning": Season(0.5, 0.3, 80), "salt": Season(1.8), "theft": Season(1.2),
        },
    ),
    Depot(
        "CD-GO", "CD Aparecida de Goiânia", "R-NC", "GO", -16.8198, -49.2469, 2200,
        {
            "heat": Season(1.1, 0.3, 275), "rain": Season(1.0, 0.8, 10),
            "lightning": Season(1.5, 0.8, 350), "salt": Season(0.3), "theft": Season(0.7),
        },
    ),
    Depot(
        "CD-PA", "CD Ananindeua", "R-NC", "PA", -1.3656, -48.3722, 1700,
        {
            "heat": Season(1.3, 0.1, 310), "rain": Season(1.5, 0.6, 75),
            "lightning": Season(1.6, 0.4, 50), "salt": Season(0.9), "theft": Season(0.9),
        },
    ),
)  # fmt: skip


def factors(cause: str, day_of_year: FloatArray) -> FloatArray:
    """Return how much of *cause* each depot has on each day; 1 is usual; shape (depots, days)."""
    usual = Season(1.0)
    return np.stack([depot.climate.get(cause, usual).over(day_of_year) for depot in DEPOTS])
