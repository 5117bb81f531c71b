-- Of judged_parts those whose amounts can be added up, in one unit or in money; questions of
-- accuracy read them by the name of this file.
-- Parameters: $measure, a unit as in accuracy_units, or 'money' for amounts times the cost of the part.
-- Columns: those of judged_parts; weight, what an amount is multiplied by.
select *, case when $measure = 'money' then unit_cost else 1 end as weight
from judged_parts
where unit = $measure or ($measure = 'money' and unit_cost is not null)
