-- How many rows a data set has, and in how many of them each of some columns says something.
-- Parameters: $data_set; $columns, those that it lacks are left out.
-- Columns: rows, and one of each column's name: how many of its values are neither null nor blank.
select count(*) as rows,
    count(nullif(regexp_matches(
        columns(lambda each: list_contains($columns, each))::varchar, '[^\s\p{Z}\p{C}]'
    ), false))
from query_table($data_set)
