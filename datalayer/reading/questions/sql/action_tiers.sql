-- What each tier of the list comes to, the most urgent first.
-- Parameters: none of its own; `listed` has the rows, as in listed_actions.sql.
-- Columns: tier, actions (rows), moves (of their parts and places), orders (those to order), value
-- (of the quantities but for moves, which nobody pays for, as far as their cost is known; null where
-- none is), without_value (of these, rows with a quantity whose cost isn't known), to_check (rows
-- that say what to check first), new and changed (rows).
select
    listed.tier,
    count(*) as actions,
    sum(listed.moves)::bigint as moves,
    count(*) filter (where listed.action = 'order') as orders,
    sum(listed.value) filter (where listed.action <> 'move') as value,
    count(*) filter (
        where listed.action <> 'move' and quantity is not null and listed.value is null
    ) as without_value,
    count(*) filter (where has_check) as to_check,
    count(*) filter (where is_new) as new,
    count(*) filter (where is_changed) as changed
from listed
join fact_action using (rank)
group by listed.tier
order by min(rank)
