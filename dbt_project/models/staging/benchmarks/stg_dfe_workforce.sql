-- Grain: one row per release, census year and area; indicators as published, text still.
with landed as (
    select * from {{ source('lake', 'dfe_workforce') }}
),

typed as (
    select
        as_of as release_as_of,
        time_period as year,
        geographic_level,
        case geographic_level
            when 'National' then country_code
            when 'Regional' then region_code
            else new_la_code
        end as area_code,
        old_la_code,
        case geographic_level
            when 'National' then country_name
            when 'Regional' then region_name
            else la_name
        end as area_name,
        region_name,
        {%- for indicator in dfe_indicators() %}
        {{ indicator }},
        {%- endfor %}
        coalesce(void, false) as is_void,
        file_sha256,
        line
    from landed
),

ranked as (
    -- Two files of one release that state one area: the greater hash speaks.
    select
        *,
        row_number() over (
            partition by release_as_of, year, geographic_level, area_code
            order by file_sha256 desc, line asc
        ) as preference
    from typed
),

newest as (
    select * exclude (is_void, file_sha256, line, preference)
    from ranked
    where preference = 1 and not is_void
)

select * from newest
