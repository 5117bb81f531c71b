-- Codes near one that does not exist, nearest first.
-- Nearness is the Jaro-Winkler similarity of code or sku, whichever is nearer.
-- Parameters: $item_id as typed.
-- Columns: item_id.
select item_id
from dim_item
order by
    greatest(
        jaro_winkler_similarity(lower(item_id), lower($item_id)),
        jaro_winkler_similarity(lower(coalesce(sku, '')), lower($item_id))
    ) desc,
    item_id
