-- Grain: one row per line of a standing evidence_register file.
with landed as (
    select * from {{ source('lake', 'evidence_register') }}
),

typed as (
    select
        point,
        document,
        owner_role,
        dated,
        review_date,
        as_of,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['point', 'document']) }} as is_latest
    from landed
)

select * from typed
