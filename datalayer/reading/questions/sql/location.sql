-- The one row of a location, or none.
-- Parameters: $location_id.
-- Columns: those of dim_location.
select * from dim_location where location_id = $location_id
