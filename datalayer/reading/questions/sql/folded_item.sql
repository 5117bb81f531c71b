-- The parts as they are searched: texts without accents, case and signs, with blanks between.
-- A letter beside a digit is parted from it, so that "12V" and "12 V" are the same.
-- `datalayer/reading/questions/search.py` folds what is typed likewise.
-- Parameters: none.
-- Columns: item_id, codes (item_id and sku folded, without blanks inside; again without zeros before,
-- where there are some), naming (name, item_id and sku folded), more (category and supplier, folded).
-- Each of the texts has a blank before and after.
with folded as (
    select
        item_id,
        list_transform(
            [item_id, sku, name, concat_ws(' ', category, supplier)],
            lambda each: trim(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            lower(strip_accents(coalesce(each, ''))), '[^\p{L}\p{N}]+', ' ', 'g'
                        ),
                        '(\p{L})(\p{N})', '\1 \2', 'g'
                    ),
                    '(\p{N})(\p{L})', '\1 \2', 'g'
                )
            )
        ) as texts
    from dim_item
)

select
    item_id,
    concat_ws(
        ' ',
        '',
        replace(texts[1], ' ', ''),
        nullif(ltrim(replace(texts[1], ' ', ''), '0'), replace(texts[1], ' ', '')),
        replace(texts[2], ' ', ''),
        nullif(ltrim(replace(texts[2], ' ', ''), '0'), replace(texts[2], ' ', '')),
        ''
    ) as codes,
    concat(' ', texts[3], ' ', texts[1], ' ', texts[2], ' ') as naming,
    concat(' ', texts[4], ' ') as more
from folded
