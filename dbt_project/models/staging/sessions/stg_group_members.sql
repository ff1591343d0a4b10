-- Grain: one row per line of a standing group_members file.
with landed as (
    select * from {{ source('lake', 'group_members') }}
),

typed as (
    select
        group_id,
        staff_key,
        joined_on,
        left_on,
        as_of,
        coalesce(synthetic, false) as is_synthetic,
        -- A day's snapshot is all its files: where two hold one key, the greater hash speaks.
        {{ is_latest_statement(['group_id', 'staff_key', 'as_of']) }} as gives_attributes
    from landed
)

select * from typed
