-- Grain: one row per day that an hr_staff snapshot speaks for.
{{ config(materialized='view') }}

with manifest as (
    select * from {{ ref('stg_load_manifest') }}
),

snapshot_days as (
    -- The manifest and not the rows: a snapshot whose lines were all bad is a snapshot still.
    select distinct as_of
    from manifest
    where source = 'hr_staff' and is_standing
),

with_next as (
    select
        as_of,
        lead(as_of) over (order by as_of asc) as next_as_of
    from snapshot_days
)

select * from with_next
