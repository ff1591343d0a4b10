-- Grain: one row per file that has been judged.
with manifest as (
    select * from {{ source('ops', 'load_manifest') }}
),

typed as (
    select
        source,
        as_of,
        status,
        status in ('loaded', 'partly_loaded') as is_standing,
        rows_loaded,
        rows_quarantined
    from manifest
)

select * from typed
