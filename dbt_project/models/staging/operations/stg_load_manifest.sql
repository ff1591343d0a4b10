-- Grain: one row per file that has been judged.
with manifest as (
    select * from {{ source('ops', 'load_manifest') }}
),

-- An earlier reading of a file that was read again is no file of its own.
typed as (
    select
        source,
        as_of,
        status,
        status in ('loaded', 'partly_loaded') as is_standing,
        rows_loaded,
        rows_quarantined
    from manifest
    where read_again is not true
)

select * from typed
