-- How many parts were tested, and on how many of them the forecast beat repeating the past.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: items (parts that fit, tested or not), tested, horizon (the longest, in periods),
-- least_origins and most_origins (tests of a part), better and worse (by more than chance
-- explains), alike, unknown (could not be compared), repeats (the source repeats the past itself),
-- nearer (parts on which repeating the past had the smaller error, chance or not). One row.
select
    (
        select count(*)
        from judged_parts
        where
            $location_id = 'network'
            or item_id in (select item_id from fact_inventory where location_id = $location_id)
    ) as items,
    count(*) as tested,
    (select horizon from longest_horizon) as horizon,
    min(n_origins) as least_origins,
    max(n_origins) as most_origins,
    count(*) filter (where source <> 'naive' and verdict = 'better') as better,
    count(*) filter (where source <> 'naive' and verdict = 'worse') as worse,
    count(*) filter (where source <> 'naive' and verdict = 'alike') as alike,
    count(*) filter (where source <> 'naive' and verdict is null) as unknown,
    count(*) filter (where source = 'naive') as repeats,
    count(*) filter (where is_nearer) as nearer
from tested_parts
