-- What a publication says of rows that somebody orders, in their order.
-- Parameters: $rows, a JSON list of objects with position, item_id, location_id and quantity.
-- Columns: position, item_id, location_id, quantity; then whole rows of dim_item, dim_location,
-- fact_inventory (null where none) and fact_action (the order).
with asked as (
    select unnest(object) from (select unnest(from_json($rows, '[{
        "position": "BIGINT", "item_id": "VARCHAR", "location_id": "VARCHAR", "quantity": "DOUBLE"
    }]')) as object)
),
proposed as (select * from fact_action where action = 'order')
select
    asked.position, asked.item_id, asked.location_id, asked.quantity,
    item as dim_item, place as dim_location, stock as fact_inventory,
    proposed as fact_action
from asked
left join dim_item as item on item.item_id = asked.item_id
left join dim_location as place on place.location_id = asked.location_id
left join fact_inventory as stock
    on stock.item_id = asked.item_id and stock.location_id = asked.location_id
left join proposed
    on proposed.item_id = asked.item_id and proposed.location_id = asked.location_id
order by asked.position
