-- Stock positions of parts at every location, with what the catalogue says of the part.
-- Parameters: none.
-- Columns: those of fact_inventory; alert, whether the position asks for an order: its status
-- says so, an order quantity is given, or stock and open orders are at or below the reorder
-- point; name, category and abc_class of the part.
select
    fact_inventory.*,
    status in ('reorder', 'overdue')
    or coalesce(order_quantity > 0, false)
    or coalesce(current_stock + coalesce(on_order, 0) <= reorder_point, false) as alert,
    dim_item.name,
    dim_item.category,
    dim_item.abc_class
from fact_inventory
left join dim_item using (item_id)
