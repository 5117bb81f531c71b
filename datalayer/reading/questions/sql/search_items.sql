-- Parts that match what was typed, each with how well it does.
-- A part matches when its code or sku begins with the text, or when its name holds every
-- word of the text; case and accents don't count. No text at all matches every part.
-- Parameters: $text as typed.
-- Columns: those of dim_item, match_rank (0 is best).
with asked as (
    select
        lower(strip_accents(trim($text))) as folded,
        list_filter(string_split(lower(strip_accents(trim($text))), ' '), lambda w: w <> '') as words
),
folded_items as (
    select
        dim_item.*,
        lower(strip_accents(item_id)) as folded_id,
        lower(strip_accents(coalesce(sku, ''))) as folded_sku,
        lower(strip_accents(coalesce(name, ''))) as folded_name
    from dim_item
),
ranked as (
    select
        folded_items.* exclude (folded_id, folded_sku, folded_name),
        case
            when folded in (folded_id, folded_sku) then 0
            when starts_with(folded_id, folded) or starts_with(folded_sku, folded) then 1
            when starts_with(folded_name, folded) then 2
            when len(list_filter(words, lambda w: not contains(' ' || folded_name, ' ' || w))) = 0
                then 3
            when len(list_filter(words, lambda w: not contains(folded_name, w))) = 0 then 4
        end as match_rank
    from folded_items, asked
)
select *
from ranked
where match_rank is not null
