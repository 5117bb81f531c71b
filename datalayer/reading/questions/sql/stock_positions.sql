-- Stock positions of parts at every location, with what the catalogue says of the part.
-- Parameters: none.
-- Columns: those of fact_inventory; alert, whether the position asks for an order: its status
-- says so, or an order quantity is given; where that isn't known, stock, moves and open orders are
-- at or below the reorder point; name, category, abc_class, demand_class, supplier, unit and unit_cost of the part;
-- stock_value and order_value, what stock and proposed order cost, to a hundredth of the
-- currency, null where quantity or cost is unknown; abc_group and demand_group, the classes with
-- 'unclassified' for unknown.
select
    fact_inventory.*,
    status in ('reorder', 'overdue')
    or coalesce(
        order_quantity > 0,
        current_stock + coalesce(moved, 0) + coalesce(on_order, 0) <= reorder_point,
        false
    ) as alert,
    dim_item.name,
    dim_item.category,
    dim_item.abc_class,
    dim_item.demand_class,
    dim_item.supplier,
    dim_item.unit,
    dim_item.unit_cost,
    round(current_stock * dim_item.unit_cost, 2) as stock_value,
    round(order_quantity * dim_item.unit_cost, 2) as order_value,
    coalesce(dim_item.abc_class, 'unclassified') as abc_group,
    coalesce(dim_item.demand_class, 'unclassified') as demand_group
from fact_inventory
left join dim_item using (item_id)
