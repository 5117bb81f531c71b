-- Parts at a place by why they are in no figure of availability; those that are weighed as well.
-- Parameters: none.
-- Columns: left_out (null for those that are weighed, which come first), parts, unsupported (of
-- those weighed: how many rest on a chance that the past didn't see).
select
    left_out,
    count(*) as parts,
    count(*) filter (where left_out is null and not supported) as unsupported
from fact_availability
group by left_out
order by left_out is not null, parts desc, left_out
