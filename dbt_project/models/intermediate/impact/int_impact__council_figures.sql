-- Grain: one row per local authority, census year and indicator, of the newest release.
with areas as (
    select * from {{ ref('stg_dfe_workforce') }}
    where geographic_level = 'Local authority' and old_la_code is not null
),

figures as (
    select * from {{ ref('dfe_benchmark') }}
    where
        geographic_level = 'Local authority'
        and indicator in (
            'turnover_rate_fte', 'vacancy_rate_fte', 'agency_rate_fte', 'absence_rate_fte',
            'caseload_fte'
        )
),

newest as (
    select max(release_as_of) as release_as_of
    from areas
),

councils as (
    select
        figures.indicator,
        figures.year,
        figures.old_la_code,
        areas.region_name,
        -- In points, as they are published and spoken of; caseload in cases.
        round(
            case when figures.indicator = 'caseload_fte' then 1 else 100 end
            * figures.published_value,
            4
        ) as value
    from figures
    inner join newest on figures.release_as_of = newest.release_as_of
    inner join areas
        on
            figures.release_as_of = areas.release_as_of
            and figures.year = areas.year
            and figures.area_code = areas.area_code
)

select * from councils
