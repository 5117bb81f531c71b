-- Parts that match what was typed, each with how well it does; no text at all matches every part.
-- Accents, case, signs, double blanks and the order of the words don't count. A near miss has one
-- letter too many, too few, wrong or changed with its neighbour in up to three of its words; near
-- misses are left out where a code begins with the text.
-- Parameters: $text without blanks around it, and what search.py makes of it: $folded, $code
-- (without blanks), $zeroless (and without zeros before), $words, $strict (those of $words that
-- must be there as they are), $near_1 to $near_3 (patterns of the others; empty for none).
-- Columns: those of dim_item, match (exact, prefix, words, inside or near), match_rank (0 is best)
-- and matches, the number of all these parts.
with worded as (
    select
        *,
        case
            when $text in ('', item_id) then 0
            when $code = '' then null
            when $zeroless <> '' and contains(codes, ' ' || $zeroless || ' ') then 1
            when contains(codes, ' ' || $code) then 2
            when starts_with(naming, ' ' || $folded) then 3
            else list_max(
                list_transform(
                    cast($words as varchar[]),
                    lambda word: case
                        when contains(naming, ' ' || word) then 4
                        when contains(more, ' ' || word) then 5
                        when contains(naming, word) or contains(more, word) then 6
                        else 8
                    end
                )
            )
        end as word_rank
    from folded_item
),

ranked as (
    select
        item_id,
        naming,
        case
            when word_rank < 8 then word_rank
            when contains(codes, $code) then 6
            when
                len(
                    list_filter(
                        cast($strict as varchar[]),
                        lambda word: not contains(naming, word) and not contains(more, word)
                    )
                ) = 0
                and ($near_1 = '' or regexp_matches(naming || more, $near_1))
                and ($near_2 = '' or regexp_matches(naming || more, $near_2))
                and ($near_3 = '' or regexp_matches(naming || more, $near_3))
                then 7
        end as match_rank
    from worded
    where word_rank is not null
),

matched as (
    select
        item_id,
        case
            when match_rank < 7
                or (
                    regexp_matches(naming, $near_1)
                    and regexp_matches(naming, $near_2)
                    and regexp_matches(naming, $near_3)
                )
                then match_rank
            else 8
        end as match_rank
    from ranked
    where match_rank is not null
    qualify match_rank < 7 or min(match_rank) over () > 2
)

select
    dim_item.*,
    match_rank,
    count(*) over () as matches,
    [
        'exact', 'exact', 'prefix', 'words', 'words', 'words', 'inside', 'near', 'near'
    ][match_rank + 1] as match
from matched
inner join dim_item using (item_id)
