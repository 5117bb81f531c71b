-- What the orders on the list come to.
-- Parameters: none of its own; `listed` has the rows, as in listed_actions.sql, orders alone.
-- Columns: orders (rows), late (those in the tier late), value (as far as the cost is known; null
-- where none is), without_value (rows whose cost isn't known), last_due (the last day to place the
-- last of them; null without orders). Always one row.
select
    count(*) as orders,
    count(*) filter (where listed.tier = 'late') as late,
    sum(listed.value) as value,
    count(*) filter (where listed.value is null) as without_value,
    max(due) as last_due
from listed
join fact_action using (rank)
