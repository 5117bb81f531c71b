-- As order_listed.sql, for publications without a list.
-- Columns: quantity, arrives. No row.
select cast(null as double) as quantity, cast(null as date) as arrives
where false
