-- Grain: one row per source that the warehouse knows, whether or not anything of it came.
with sources as (
    {{ lake_sources() }}
),

manifest as (
    select * from {{ ref('stg_load_manifest') }}
),

summed as (
    select
        sources.source,
        max(manifest.as_of) filter (where manifest.is_standing) as latest_as_of,
        cast(count(*) filter (where manifest.is_standing) as integer) as files_loaded,
        cast(count(*) filter (where manifest.status = 'rejected') as integer) as files_rejected,
        cast(count(*) filter (where manifest.status = 'superseded') as integer)
            as files_superseded,
        cast(coalesce(sum(manifest.rows_loaded) filter (where manifest.is_standing), 0) as integer)
            as rows_loaded,
        -- Bad rows stay listed when their file no longer stands, so they are counted here too.
        cast(coalesce(sum(manifest.rows_quarantined), 0) as integer) as rows_quarantined
    from sources
    left join manifest on sources.source = manifest.source
    group by sources.source
)

select * from summed
