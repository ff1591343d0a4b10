-- Grain: one row per neighbour model, local authority and rank.
with lists as (
    select * from {{ ref('neighbour_lists') }}
),

typed as (
    select
        model,
        old_la_code,
        cast(rank as integer) as rank,
        neighbour_old_la_code,
        closeness
    from lists
)

select * from typed
