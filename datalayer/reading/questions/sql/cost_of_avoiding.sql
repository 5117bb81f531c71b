-- What the first steps of the buy list cost that avoid a share of the hours that today's stock loses.
-- Parameters: $share, from 0 to 1.
-- Columns: cost, null where the whole list avoids less.
select min(cumulative_cost) as cost
from fact_buy_list
where
    cumulative_down_hours_avoided
    >= $share * (select sum(down_hours) from fact_availability)
