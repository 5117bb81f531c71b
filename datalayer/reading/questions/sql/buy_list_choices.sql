-- Places and main contracts that the buy list has, with how many steps each pair has.
-- Parameters: none.
-- Columns: location_id; location, the place's name, null where nobody says; contract_id; steps.
select
    step.location_id,
    place.name as location,
    step.contract_id,
    count(*) as steps
from fact_buy_list as step
left join dim_location as place on place.location_id = step.location_id
group by step.location_id, place.name, step.contract_id
order by place.name, step.location_id, step.contract_id
