-- Moves between places with all that they were weighed by, the part and both places by name.
-- Parameters: none.
-- Columns: name and unit (of the part), from_location and to_location (the places' names); all
-- others as in fact_transfer.
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
    move.receiver_gain,
    move.donor_loss,
    move.purchase_put_off,
    move.value,
    move.receiver_hours_avoided,
    move.donor_hours_lost,
    move.donor_stock_left,
    move.donor_reorder_point,
    move.donor_monthly_demand,
    move.contract_id,
    move.source
from fact_transfer as move
left join dim_item as item on item.item_id = move.item_id
left join dim_location as giver on giver.location_id = move.from_location_id
left join dim_location as taker on taker.location_id = move.to_location_id
