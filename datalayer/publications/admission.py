"""What keeps a publication from becoming the active one, whatever its content is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import (
    CandidateChanged,
    ConfirmationNeeded,
    ContentError,
    Loss,
    Overtaken,
    PublicationError,
    UnknownPublication,
)
from datalayer.kernel.sentences import Sentence
from datalayer.publications.active import Activation
from datalayer.publications.losses import losses
from datalayer.publications.snapshot_store import SnapshotStore
from datalayer.publications.stages import Expected

CLOCKS_DIFFER_BY: Final = timedelta(days=1)
"""How far the clock of the job may be ahead of the portal's."""

_log = structlog.get_logger()


class Admission:
    """Compares a publication with the clock and with the active one of *snapshots*."""

    def __init__(self, snapshots: SnapshotStore) -> None:
        self._snapshots = snapshots

    def losses(self, manifest: Manifest) -> tuple[Loss, ...]:
        """Return what activating *manifest* would take away from those who read."""
        return losses(manifest, self._active_manifest())

    def require(self, manifest: Manifest, *, confirmed: bool) -> tuple[str, ...]:
        """Return what *manifest* takes away, if it may become the active one.

        Raises:
            PublicationError: It was generated before the active one, or in the future.
            Replayed: A newer signed one was accepted before.
            ConfirmationNeeded: It takes something away, and that is not *confirmed*.
        """
        self.require_newer(manifest)
        found = tuple(map(str, self.losses(manifest)))
        if found and not confirmed:
            raise ConfirmationNeeded(publication_id=manifest.publication_id, faults=found)
        return found

    def require_newer(self, manifest: Manifest) -> None:
        """Make sure that *manifest* is newer than what is served, and of no time to come.

        Raises:
            PublicationError: It was generated before the active one, or in the future.
            Replayed: A newer signed one was accepted before.
        """
        self._refuse_future(manifest)
        self.refuse_replayed(manifest)
        self._refuse_older(manifest)

    def refuse_replayed(self, manifest: Manifest) -> None:
        """Refuse *manifest* if a newer signed one was accepted; the active one is no replay.

        Raises:
            Replayed: One was.
            StateError: What is remembered of that can't be read.
        """
        if manifest.publication_id != self._snapshots.active_id():
            self._snapshots.trust.refuse_replayed(manifest)

    def refuse_overtaken(self, manifest: Manifest, before: Activation | None) -> None:
        """Refuse *manifest* if another switch than *before* has been made meanwhile.

        Raises:
            Overtaken: It has; says by whom.
        """
        present = self._snapshots.active()
        if present and present != before:
            raise Overtaken(
                publication_id=manifest.publication_id,
                actor=present.activated_by,
                active_id=present.publication_id,
            )

    def refuse_unexpected(self, manifest: Manifest, expected: Expected) -> None:
        """Refuse *manifest* if it, or what is active, is not what a person saw.

        Raises:
            CandidateChanged: One of the two isn't; says which.
        """
        checked, active_id = expected.manifest, self._snapshots.active_id()
        if manifest.publication_id != checked.publication_id:
            change = Sentence(
                "the store's latest publication is {latest_id} by now",
                latest_id=manifest.publication_id,
            )
        elif manifest != checked:
            change = Sentence("it was published anew since it was checked")
        elif active_id not in {expected.active_id, checked.publication_id}:
            change = Sentence(
                "{active_id} became active since it was checked, so its effect is another one",
                active_id=active_id or "-",
            )
        else:
            return
        raise CandidateChanged(publication_id=checked.publication_id, change=change)

    def _active_manifest(self) -> Manifest | None:
        active_id = self._snapshots.active_id()
        try:
            return self._snapshots.get(active_id).manifest if active_id else None
        except (UnknownPublication, ContentError) as error:
            # What can't be read can't be compared with, and must not block its replacement.
            _log.warning("refresh.active_unreadable", problem=str(error))
            return None

    def _refuse_future(self, manifest: Manifest) -> None:
        # Active, it would make every sound publication after it count as older.
        if manifest.generated_at > self._snapshots.clock() + CLOCKS_DIFFER_BY:
            problem = Sentence(
                "was generated at {generated_at}, which is still to come; set the clock right "
                "that made it and publish again",
                generated_at=manifest.generated_at.isoformat(),
            )
            raise PublicationError(publication_id=manifest.publication_id, problem=problem)

    def _refuse_older(self, manifest: Manifest) -> None:
        active = self._active_manifest()
        if active and manifest.generated_at < active.generated_at:
            raise PublicationError(
                publication_id=manifest.publication_id,
                problem=Sentence(
                    "was generated at {generated_at}, before the active one ({active_at}); "
                    "roll back instead if that is what you want",
                    generated_at=manifest.generated_at.isoformat(),
                    active_at=active.generated_at.isoformat(),
                ),
            )
