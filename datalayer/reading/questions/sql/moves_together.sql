-- What the moves that are listed are worth together.
-- Parameters: none; `listed` has the rows, as in moves.sql.
-- Columns: moves; hours_avoided and hours_lost, tower-hours a month where they go and where they
-- lie; freight, of those whose it is known, and freight_unknown, how many have none.
select
    count(*) as moves,
    cast(
        coalesce(sum(cast(receiver_hours_avoided as decimal(38, 9))), 0) as double
    ) as hours_avoided,
    cast(coalesce(sum(cast(donor_hours_lost as decimal(38, 9))), 0) as double) as hours_lost,
    cast(coalesce(sum(cast(freight as decimal(38, 6))), 0) as double) as freight,
    count(*) filter (where freight is null) as freight_unknown
from listed
