"""How the OpenAPI document tells of publications, their files, and what changed between two."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from datalayer.api.schemas import Envelope, PublicationOrigin


class KeptPublication(PublicationOrigin):
    """A publication that can be read here."""

    size_bytes: int
    active: bool = Field(description="Whether it is the one that is read unless `p` says another.")


class Publications(Envelope):
    """Every kept publication, the newest first."""

    data: list[KeptPublication]


class PublicationFile(BaseModel):
    """A file of a publication, as it was published."""

    data_set: str
    name: str = Field(description="What it is saved as.")
    href: str = Field(description="Where it is.")
    size_bytes: int
    sha256: str = Field(description="Digest of the whole file, in lower-case hexadecimal.")
    rows: int


class PublishedFiles(Envelope):
    """Every file of a publication."""

    data: list[PublicationFile]


class ActivePublication(KeptPublication):
    """The active publication with what it was made of."""

    rows: dict[str, int] = Field(description="Number of rows by data set.")
    lineage: dict[str, Any] = Field(description="Inputs, settings and versions, as published.")


class PublicationAnswer(Envelope):
    """The active publication."""

    data: ActivePublication


class OrderCauses(BaseModel):
    """Why proposed orders are other ones, in units, to six decimals.

    They add up to `order_quantity_change`. Each is what it adds to the order when its inputs go
    from the one publication's to the other's, on the mean over all orders in which they may go.
    """

    cause_stock_used: float = Field(description="Demand took from stock.")
    cause_stock_added: float = Field(
        description="Beside that, was received, ordered, counted or cancelled."
    )
    cause_stock: float = Field(
        description="Both, where the demand of the days between is not known."
    )
    cause_moves: float = Field(description="Other moves between places are proposed.")
    cause_repair: float = Field(
        description="More or less comes back from repair, or what fails is repaired otherwise."
    )
    cause_stocked: float = Field(description="The part is no longer held in stock, or again.")
    cause_expected_demand: float = Field(description="Another demand is expected.")
    cause_uncertainty: float = Field(description="Demand is expected to scatter otherwise.")
    cause_service_level: float = Field(description="Another service level is planned for.")
    cause_lead_time: float = Field(
        description="Lead time, how much it varies, or the review period."
    )
    cause_levels: float = Field(
        description="The four before together: a publication, such as one from before contract "
        "1.3.0, does not tell them apart."
    )
    cause_rounding: float = Field(description="Minimum order, order multiple, or lot.")
    cause_new: float = Field(description="The part is new.")
    cause_gone: float = Field(description="The part is gone.")
    cause_known: float = Field(description="One of the publications has no order quantity of it.")
    cause_together: float = Field(
        description="A publication's quantity is not what the order rule gives for its row."
    )


class Amounts(OrderCauses):
    """Figures of one or many parts before and after, in units, to six decimals.

    A figure that a publication doesn't have counts as 0. Where parts are counted in several units,
    their numbers are added all the same; `groups.unit_after` keeps the units apart.
    """

    parts: int
    forecast_total_before: float
    forecast_total_after: float
    forecast_total_change: float
    reorder_point_before: float
    reorder_point_after: float
    reorder_point_change: float
    order_quantity_before: float
    order_quantity_after: float
    order_quantity_change: float


ChangeReason = Literal["new", "dropped", "changed", "same"]


class GroupOfChanges(Amounts):
    """The figures of the parts with one value in common; the groups add up to the totals."""

    value: str


class GroupsOfChanges(BaseModel):
    """Every part stands in one group of each list."""

    reason: list[GroupOfChanges]
    demand_class: list[GroupOfChanges]
    category: list[GroupOfChanges]
    tier_after: list[GroupOfChanges] = Field(
        description="By the tier of the leading action in the later one, `none` without one."
    )
    unit_after: list[GroupOfChanges] = Field(
        description="By what they are counted in, `none` where the later one doesn't say."
    )


class PartChange(OrderCauses):
    """One part before and after; null where a publication doesn't say."""

    rank: int = Field(description="From 1, the greatest change of the order first.")
    item_id: str
    name: str
    category: str
    demand_class: str
    reason: ChangeReason
    unit_before: str | None = Field(description="What is counted; null where nobody says.")
    unit_after: str | None
    unit_cost_before: float | None
    unit_cost_after: float | None
    is_forecast_before: bool | None = Field(
        description="Whether anything is forecast of it between the two dates."
    )
    is_forecast_after: bool | None
    forecast_total_before: float | None
    forecast_total_after: float | None
    forecast_total_change: float
    reorder_point_before: float | None
    reorder_point_after: float | None
    reorder_point_change: float
    order_quantity_before: float | None
    order_quantity_after: float | None
    order_quantity_change: float
    used: float | None = Field(
        description="Demand from the day of the one stock to that of the other; null where the "
        "later publication doesn't know that of these days alone."
    )
    added: float | None = Field(
        description="What else came to stock and open orders; negative where it went."
    )
    status_before: str | None
    status_after: str | None
    source_before: str | None
    source_after: str | None
    tier_before: str | None = Field(description="Of the leading action; null without one.")
    tier_after: str | None
    position_before: float | None = Field(
        description="Stock, proposed moves and open orders together."
    )
    lead_time_demand_before: float | None
    lead_time_days_before: float | None
    planned_service_level_before: float | None
    order_up_to_before: float | None
    position_after: float | None = Field(
        description="Stock, proposed moves and open orders together."
    )
    lead_time_demand_after: float | None
    lead_time_days_after: float | None
    planned_service_level_after: float | None
    order_up_to_after: float | None


class PublicationChanges(BaseModel):
    """The difference of two publications at one place."""

    before: str = Field(description="Id of the one publication.")
    after: str = Field(description="Id of the other.")
    first_date: date | None = Field(
        description="First future date that both forecast; null where they share none."
    )
    last_date: date | None = Field(description="Last future date that both forecast.")
    totals: Amounts
    groups: GroupsOfChanges
    parts: list[PartChange] = Field(description="One page, the greatest change first.")


class ChangesAnswer(Envelope):
    """What changed from one publication to another."""

    data: PublicationChanges


StepMeasure = Literal["value", "orders"]


class OrderStep(BaseModel):
    """What one cause adds to the sum of proposed orders."""

    step: str = Field(
        description="A cause, by the names of `OrderCauses` without `cause_`; or `unit_cost`: one "
        "unit costs more or less; or `unit`: it is counted in another unit."
    )
    amount: float = Field(description="In the currency, to the cent; or a number of orders.")
    parts: int = Field(description="How many parts it moved.")
    sum: float = Field(description="The sum once it is added.")


class LeftOutOrders(BaseModel):
    """How many orders are in no sum of money."""

    cost: int = Field(description="Of parts whose cost is not known.")
    unit: int = Field(description="Of parts that are counted in another unit than before.")
    currency: int = Field(description="All, where the two publications have different currencies.")


class OrderSteps(BaseModel):
    """From the sum of the one publication's proposed orders to that of the other.

    `sum_before` and the amounts of all steps add up to `sum_after`, to the last cent.
    """

    before: str = Field(description="Id of the one publication.")
    after: str = Field(description="Id of the other.")
    measure: StepMeasure
    currency: str | None = Field(
        description="ISO code; empty where neither names one, null where they differ, or orders "
        "are counted."
    )
    sum_before: float | None = Field(description="Null where no cost is known.")
    sum_after: float | None
    change: float | None
    orders_before: int = Field(description="Parts with an order in the sum.")
    orders_after: int
    unknown_before: int = Field(
        description="Parts of which the publication doesn't say what to order; they are no orders "
        "of 0. Where only one of the two says, that is the step `known`."
    )
    unknown_after: int
    left_out: LeftOutOrders
    steps: list[OrderStep] = Field(description="The greatest first.")


class OrderStepsAnswer(Envelope):
    """What the difference of proposed orders is made of."""

    data: OrderSteps


class ChangedOrderRow(BaseModel):
    """The proposed order of a part, before and after."""

    rank: int = Field(description="From 1, the greatest change in money first, then in units.")
    item_id: str
    name: str
    category: str
    demand_class: str
    reason: ChangeReason
    unit_before: str | None
    unit_after: str | None
    order_before: float | None = Field(
        description="Units; null where the part isn't there or the publication doesn't say."
    )
    order_after: float | None
    order_change: float | None = Field(
        description="Null where one of them isn't known, or is counted in another unit."
    )
    value_before: float | None = Field(
        description="In the currency, to the cent; 0 where the part isn't there, null where it "
        "isn't known."
    )
    value_after: float | None
    value_change: float | None
    cause: str | None = Field(
        description="What moved it most in the direction in which it went, as in `steps`."
    )
    left_out: Literal["cost", "unit", "currency"] | None = Field(
        description="Why it is in no sum of money."
    )


class ChangedOrdersAnswer(Envelope):
    """The proposed orders that are others, and those that are in one of the two only."""

    data: list[ChangedOrderRow]
