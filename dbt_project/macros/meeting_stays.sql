{#- The stays of one source of meeting reports. The session is read from the name that the manifest
    knows the file by: the same bytes under two names are one file, whichever of them came first. -#}
{% macro meeting_stays(source, landed, manifest) -%}
    select
        '{{ source }}' as source,
        regexp_extract(
            manifest.file_name,
            '(?s)^(.+?)(?:__.*)?_[0-9]{4}-[0-9]{2}-[0-9]{2}(?:_r[0-9]+)?\.csv(?:\.gz)?$',
            1
        ) as session_id,
        landed.as_of as meeting_day,
        landed.email_key,
        landed.joined_at,
        coalesce(
            landed.left_at,
            max(greatest(landed.joined_at, landed.left_at)) over (
                partition by landed.file_sha256, landed.as_of
            )
        ) as left_at,
        landed.attends_as = 'participant' as is_participant,
        coalesce(landed.void, false) as is_void,
        coalesce(landed.synthetic, false) as is_synthetic
    from {{ landed }} as landed
    inner join {{ manifest }} as manifest
        on
            landed.file_sha256 = manifest.sha256
            and landed.as_of = manifest.as_of
            and manifest.source = '{{ source }}'
            and manifest.status in ('loaded', 'partly_loaded')
{%- endmacro %}
