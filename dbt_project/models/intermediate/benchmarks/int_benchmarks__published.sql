-- Grain: one row per release, census year, area and indicator that the release has.
with areas as (
    select * from {{ ref('stg_dfe_workforce') }}
),

stacked as (
    {%- for indicator in dfe_indicators() %}
    select
        release_as_of, year, geographic_level, area_code, old_la_code, area_name,
        '{{ indicator }}' as indicator, {{ indicator }} as published_text
    from areas
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

present as (
    -- An older release has fewer headings; one that it lacks is absent and not blank.
    select
        *,
        max(published_text) over (partition by release_as_of, indicator) is not null as is_present
    from stacked
),

valued as (
    select
        * exclude (published_text, is_present),
        try_cast(published_text as decimal(18, 6)) as published_number,
        case
            when try_cast(published_text as decimal(18, 6)) is null then published_text
        end as symbol
    from present
    where is_present
)

select * from valued
