"""The roads between depots: made-up freights for those that lorries serve on fixed days."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ml_jobs.data.torres.depots import DEPOTS
from ml_jobs.data.torres.troubles import Row
from ml_jobs.lanes import great_circle_km

DETOUR = 1.3
"""Kilometres of road for one of the great circle."""

KM_PER_DAY = 550.0
FREIGHT = (40.0, 0.06)
"""Reais for bringing a part, and for each kilometre of its way."""

WITHOUT = "CD-PA"
"""The depot that no lorry serves on fixed days: nobody has said how far it is."""


def lane_rows() -> Iterator[Row]:
    """Yield the rows of the lanes' file."""
    served = [depot for depot in DEPOTS if depot.location_id != WITHOUT]
    for start in served:
        for end in served:
            if start is end:
                continue
            ends = ((start.latitude, start.longitude), (end.latitude, end.longitude))
            km = round(DETOUR * great_circle_km(*ends))
            yield {
                "from_location_id": start.location_id,
                "to_location_id": end.location_id,
                "km": str(km),
                "days": str(1 + math.ceil(km / KM_PER_DAY)),
                "fixed_cost": f"{FREIGHT[0] + FREIGHT[1] * km:.2f}".replace(".", ","),
            }
