-- Which actions are on the list: of each part and place the first that is left. Of what planners
-- put aside, every action instead.
-- Parameters: $locations, a JSON list of texts, empty for the places that none lies below, null for
-- all; $actions, the same, empty for all; $by_action, whether the first of each kind is wanted;
-- $standing, a JSON list of the marked rows, each with its key and its state; $put_aside, whether
-- what is put aside is wanted; $new and $changed, JSON lists of ranks.
-- Columns: those of fact_action but for provenance, name, category, abc_class, demand_class,
-- criticality and supplier of the part, has_check, others (further actions of the part and place
-- that aren't put aside), moves (how many moves to the place the row stands for: all that are
-- wanted; of what is put aside its own), is_new, is_changed and state.
with places as (
    select location_id
    from dim_location
    where case
        when $locations is null then true
        when json_array_length($locations) > 0
            then location_id in (select unnest(from_json($locations, '["VARCHAR"]')))
        else location_id not in (
            select parent_location_id from dim_location where parent_location_id is not null
        )
    end
),
marked as (
    select unnest(object) from (select unnest(from_json($standing, '[{
        "item_id": "VARCHAR", "location_id": "VARCHAR", "action": "VARCHAR", "ref": "VARCHAR",
        "state": "VARCHAR"
    }]')) as object)
),
standing as (
    select
        rank,
        item_id,
        location_id,
        action,
        is_leading,
        coalesce(state, 'open') as state,
        count(*) filter (where coalesce(state, 'open') <> 'put_aside')
            over (partition by item_id, location_id) as left_over
    from fact_action
    left join marked using (item_id, location_id, action, ref)
    where location_id in (from places)
),
first_left as (
    select
        rank,
        state,
        left_over,
        count(*) filter (where action = 'move') over (
            partition by item_id, location_id, case when $put_aside then rank end
        ) as moves
    from standing
    where
        (state = 'put_aside') = $put_aside
        and (
            json_array_length($actions) = 0
            or action in (select unnest(from_json($actions, '["VARCHAR"]')))
        )
    qualify
        $put_aside
        or row_number() over (
            partition by item_id, location_id, case when $by_action then action end
            order by is_leading desc, rank
        ) = 1
)
select
    fact_action.* exclude (dataset_id, model_version, generated_at),
    dim_item.name,
    dim_item.category,
    dim_item.abc_class,
    dim_item.demand_class,
    dim_item.criticality,
    dim_item.supplier,
    check_first is not null as has_check,
    left_over - (state <> 'put_aside')::bigint as others,
    moves,
    rank in (select unnest(from_json($new, '["BIGINT"]'))) as is_new,
    rank in (select unnest(from_json($changed, '["BIGINT"]'))) as is_changed,
    state
from first_left
join fact_action using (rank)
join dim_item using (item_id)
