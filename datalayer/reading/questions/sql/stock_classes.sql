-- The stock positions in `stock` by ABC class and demand class.
-- Parameters: none.
-- Columns: abc_class and demand_class ('unclassified' where unknown); parts; orders, how many have
-- an order proposed; stock_value and order_value, exact sums of what is known of them, null where
-- nothing is; stock_unknown, parts whose stock is unknown; stock_unpriced and orders_unpriced,
-- parts with stock, and orders, whose cost is unknown.
select
    abc_group as abc_class,
    demand_group as demand_class,
    count(*) as parts,
    count(*) filter (order_quantity > 0) as orders,
    sum(try_cast(stock_value as decimal(30, 2))) as stock_value,
    sum(try_cast(order_value as decimal(30, 2))) as order_value,
    count(*) filter (current_stock is null) as stock_unknown,
    count(*) filter (current_stock is not null and stock_value is null) as stock_unpriced,
    count(*) filter (order_quantity > 0 and order_value is null) as orders_unpriced
from stock
group by all
order by abc_class, demand_class
