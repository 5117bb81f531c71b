-- The steps of a buy list that a budget pays for, with the sums of what is listed up to each.
-- Parameters: $budget; `cut` has the rows, as in cut_steps.sql.
-- Columns: those of `cut`.
select *
from cut
where is_bought
