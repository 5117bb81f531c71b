-- Contracts: what the stock of today keeps up, what service levels would, and what the target asks.
-- Parameters: none.
-- Columns: contract_id, name, towers and target_availability (null where nobody says); of the stock
-- of today and of the stock that service levels by criticality ask for (today_..., service_...):
-- stock_value, towers_down, towers_down_low, towers_down_high, availability, chance_target_met,
-- supported and not_supported_because, all null where the curve has no such row; of the first point
-- of the curve that meets the target and is supported (meeting_...): point, stock_value, towers_down,
-- availability and tower_hour_price, null where none does or there is no target; of the supported
-- point with most stock (supported_...): point, stock_value and availability, null where none is;
-- source, that demand was forecast with.
with contracts as (
    select
        contract_id,
        arg_max_null(name, point) as name,
        arg_max_null(towers, point) as towers,
        arg_max_null(target_availability, point) as target_availability,
        min(source) as source
    from agg_availability
    group by contract_id
),
meeting as (
    select contract_id, min(point) as point
    from agg_availability
    where policy = 'money' and supported and availability >= target_availability
    group by contract_id
),
promised as (
    select contract_id, max(point) as point
    from agg_availability
    where policy = 'money' and supported
    group by contract_id
)
select
    contracts.contract_id,
    contracts.name,
    contracts.towers,
    contracts.target_availability,
    today.stock_value as today_stock_value,
    today.towers_down as today_towers_down,
    today.towers_down_low as today_towers_down_low,
    today.towers_down_high as today_towers_down_high,
    today.availability as today_availability,
    today.chance_target_met as today_chance_target_met,
    today.supported as today_supported,
    today.not_supported_because as today_not_supported_because,
    service.stock_value as service_stock_value,
    service.towers_down as service_towers_down,
    service.towers_down_low as service_towers_down_low,
    service.towers_down_high as service_towers_down_high,
    service.availability as service_availability,
    service.chance_target_met as service_chance_target_met,
    service.supported as service_supported,
    service.not_supported_because as service_not_supported_because,
    meets.point as meeting_point,
    meets.stock_value as meeting_stock_value,
    meets.towers_down as meeting_towers_down,
    meets.availability as meeting_availability,
    meets.tower_hour_price as meeting_tower_hour_price,
    supported.point as supported_point,
    supported.stock_value as supported_stock_value,
    supported.availability as supported_availability,
    contracts.source
from contracts
left join agg_availability as today
    on today.contract_id = contracts.contract_id and today.policy = 'today'
left join agg_availability as service
    on service.contract_id = contracts.contract_id and service.policy = 'service'
left join meeting on meeting.contract_id = contracts.contract_id
left join agg_availability as meets
    on meets.contract_id = meeting.contract_id and meets.policy = 'money' and meets.point = meeting.point
left join promised on promised.contract_id = contracts.contract_id
left join agg_availability as supported
    on supported.contract_id = promised.contract_id
    and supported.policy = 'money'
    and supported.point = promised.point
order by contracts.contract_id
