-- What there is to do first for each part at each place that no other lies below.
-- Columns: those of fact_action but for provenance, name and unit of the part, place (name of the
-- location) and from_place (of a move, name of the one that gives). By rank.
select
    fact_action.* exclude (dataset_id, model_version, generated_at),
    dim_item.name,
    dim_item.unit,
    dim_item.unit_cost,
    dim_location.name as place,
    giver.name as from_place
from fact_action
join dim_item using (item_id)
join dim_location using (location_id)
left join dim_location as giver on giver.location_id = fact_action.from_location_id
where
    is_leading
    and fact_action.location_id not in (
        select parent_location_id from dim_location where parent_location_id is not null
    )
order by rank
