-- Of judged_parts those that were tested over the longest horizon, each with the measures of the
-- source judged; questions of accuracy read them by the name of this file.
-- Parameters: $location_id; $source (null for the one in use of each part).
-- Columns: item_id, source, fva_vs_naive (null where repeating the past had no error), fva_low,
-- fva_high, verdict, n_origins, is_nearer (repeating the past had the smaller error, chance or not).
with of_naive as (
    select item_id, scaled_pinball as naive_loss
    from fact_metrics
    where
        location_id = $location_id
        and source = 'naive'
        and horizon = (select horizon from longest_horizon)
)
select
    m.item_id,
    m.source,
    m.fva_vs_naive,
    m.fva_low,
    m.fva_high,
    m.verdict,
    m.n_origins,
    m.source <> 'naive'
    and (
        coalesce(m.fva_vs_naive < 0, false)
        or (m.fva_vs_naive is null and coalesce(n.naive_loss = 0 and m.scaled_pinball > 0, false))
    ) as is_nearer
from fact_metrics as m
semi join judged_parts using (item_id)
left join sources_in_use as u using (item_id)
left join of_naive as n using (item_id)
where
    m.location_id = $location_id
    and m.source = coalesce($source, u.source)
    and m.horizon = (select horizon from longest_horizon)
