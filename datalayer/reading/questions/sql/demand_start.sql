-- The day from which on demand is known.
-- Columns: first_date (null without any demand).
select min(date) as first_date from fact_demand where location_id = 'network'
