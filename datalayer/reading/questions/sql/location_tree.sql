-- Every location and the one above it; null for the root.
-- Columns: location_id, name, parent_location_id.
select location_id, name, parent_location_id from dim_location order by location_id
