-- Moves between places, what is worth most first, with the part and both places by name.
-- Parameters: $location_id, where they go (null for all); $contract_id, whose towers need them most
-- there (null for all).
-- Columns: rank, item_id, name and unit (of the part), from_location_id and from_location, the
-- place's name, to_location_id and to_location; quantity, km, days, distance_assumed, freight,
-- value, receiver_hours_avoided, donor_hours_lost, donor_stock_left, donor_monthly_demand and
-- contract_id as in fact_transfer; source.
select
    move.rank,
    move.item_id,
    item.name,
    item.unit,
    move.from_location_id,
    giver.name as from_location,
    move.to_location_id,
    taker.name as to_location,
    move.quantity,
    move.km,
    move.days,
    move.distance_assumed,
    move.freight,
    move.value,
    move.receiver_hours_avoided,
    move.donor_hours_lost,
    move.donor_stock_left,
    move.donor_monthly_demand,
    move.contract_id,
    move.source
from fact_transfer as move
left join dim_item as item on item.item_id = move.item_id
left join dim_location as giver on giver.location_id = move.from_location_id
left join dim_location as taker on taker.location_id = move.to_location_id
where
    ($location_id is null or move.to_location_id = $location_id)
    and ($contract_id is null or move.contract_id = $contract_id)
