"""Files of orders to take away: some rows of the list, or the orders of some tiers."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity
from datalayer.kernel.contract.registry import Language
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.extracts.bought_rows import BuyOrders, rows_of_buys
from datalayer.reading.extracts.delivery import Delivery, Outcome
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.order_csv import (
    OrderForm,
    Taking,
    media_type,
    name_of_orders,
    order_csvs,
    profile_named,
)
from datalayer.reading.extracts.order_rows import (
    OrderRow,
    OrdersOfTiers,
    rows_of_ranks,
    rows_of_tiers,
)
from datalayer.reading.extracts.service import Extract
from datalayer.reading.publication import Publication
from datalayer.reading.questions import orders

Form = Literal["csv", "zip"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can name: the same rows, the same bytes
_LONGEST_DETAIL = 500


class OrderFiles:
    """Makes files of orders, and tells the audit log of each that is taken.

    Whoever may read a publication may take them: ordering is a planner's work.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def of_tiers(
        self,
        publication: Publication,
        profile: str,
        wanted: OrdersOfTiers,
        identity: Identity,
        *,
        form: Form | None = None,
        language: Language | None = None,
    ) -> Extract:
        """Return the orders that *publication* proposes; else as ``of_ranks``.

        Raises:
            UnknownDataSet: The publication is from before there were actions.
            InvalidSelection: A tier or place is not known, or there are too many orders.
        """
        rows = rows_of_tiers(publication, wanted)
        asked = {"tiers": ", ".join(wanted.tiers), "locations": ", ".join(wanted.location_ids)}
        as_written = OrderForm(profile_named(publication, profile), language)
        return self._extract(publication, rows, identity, as_written, form=form, asked=asked)

    def of_buys(
        self,
        publication: Publication,
        profile: str,
        asked: BuyOrders,
        identity: Identity,
        *,
        form: Form | None = None,
        language: Language | None = None,
        taking: Taking | None = None,
    ) -> Extract:
        """Return what the buy list comes to, one order for each part at a place; as ``of_ranks``.

        Each says by which rule it is ordered, and from where to where the list was cut. Days to
        order by and to arrive on are those of the list of actions, where that orders the part too.

        Raises:
            UnknownDataSet: The publication has no buy list or no list of actions.
            InvalidSelection: There are too many orders.
        """
        rows = rows_of_buys(publication, asked)
        budget = asked.wanted.budget
        about = {"buy_list": asked.filters, "budget": "" if budget is None else f"{budget:g}"}
        wanted = OrderForm(profile_named(publication, profile), language, taking, "buy_orders")
        return self._extract(publication, rows, identity, wanted, form=form, asked=about)

    def of_ranks(
        self,
        publication: Publication,
        profile: str,
        quantities: Mapping[int, float | None],
        identity: Identity,
        *,
        form: Form | None = None,
        language: Language | None = None,
        taking: Taking | None = None,
    ) -> Extract:
        """Return some orders of the list as the file of *profile*, with why each is ordered.

        Without a *form* it is CSV, or a zip where the profile has a file for each place and there
        are several.

        Args:
            publication: Whose list it is.
            profile: Name of the form of file.
            quantities: Units of each order by its rank in the list, in the order of the file; None
                for what is proposed.
            identity: Who takes it.
            form: As above.
            language: Of what is told in words; None for that of the profile.
            taking: Who takes the orders along, where somebody does.

        Raises:
            UnknownDataSet: The publication is from before there were actions.
            InvalidSelection: There is no such profile or order, a quantity is not above 0 or
                doesn't keep minimum and multiple, a part is ordered for a place and for one in it,
                or the form is CSV and there are several files.
            UnwritableOrder: A text has a character that the profile's encoding has not.
        """
        rows = rows_of_ranks(publication, quantities)
        as_written = OrderForm(profile_named(publication, profile), language, taking)
        return self._extract(publication, rows, identity, as_written, form=form)

    def _extract(
        self,
        publication: Publication,
        rows: Sequence[OrderRow],
        identity: Identity,
        as_written: OrderForm,
        *,
        form: Form | None,
        asked: Mapping[str, str] | None = None,
    ) -> Extract:
        profile, taking = as_written.profile, as_written.taking
        contents = order_csvs(publication, as_written, rows)
        made = form or ("zip" if len(contents) > 1 else "csv")
        if made == "csv" and len(contents) > 1:
            expected = Sentence(
                "zip: {profile:s} has a file for each of {count} places",
                profile=profile.name,
                count=len(contents),
            )
            raise InvalidSelection(parameter="format", found="csv", expected=expected)
        content = _packed(contents) if made == "zip" else next(iter(contents.values()))
        digest = Digest(len(rows), len(content), hashlib.sha256(content).hexdigest())
        details: dict[str, Detail] = {
            "profile": profile.name,
            "format": made,
            **{key: value[:_LONGEST_DETAIL] for key, value in (asked or {}).items() if value},
            **({"taken_by": taking.by} if taking else {}),
            "rows": len(rows),
        }
        return Extract(
            file_name=f"{name_of_orders(publication, as_written)}.{made}",
            media_type="application/zip" if made == "zip" else media_type(profile),
            rows=len(rows),
            key=digest.sha256,
            provenance=publication.provenance(orders.ORDERED),
            chunks=self._deliver(content, digest, publication, identity, details),
            part=lambda _: None,
        )

    def _deliver(
        self,
        content: bytes,
        digest: Digest,
        publication: Publication,
        identity: Identity,
        details: Mapping[str, Detail],
    ) -> Delivery:
        record = partial(self._audit.record, identity, "extract")

        def end(_: Digest, outcome: Outcome) -> None:
            about = {**details, "bytes": digest.size_bytes, "sha256": digest.sha256}
            record(outcome.value, publication.id, **about)

        begin = partial(record, "begun", publication.id, **details)
        return Delivery(
            iter([content]), rows=digest.rows, announced=digest, on_begin=begin, on_end=end
        )


def _packed(contents: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return packed.getvalue()
