-- Grain: one row per release, census year, area and indicator.
with published as (
    select * from {{ ref('int_benchmarks__published') }}
),

recomputed as (
    select * from {{ ref('int_benchmarks__recomputed') }}
),

beside_each_other as (
    select
        published.release_as_of,
        published.year,
        published.geographic_level,
        published.area_code,
        published.old_la_code,
        published.area_name,
        published.indicator,
        -- Published per cent, kept as fractions like every other rate; exact until the last step.
        cast(
            case
                when instr(published.indicator, '_rate_') > 0
                    then published.published_number * 0.01
                else published.published_number
            end as double
        ) as published_value,
        published.symbol,
        recomputed.recomputed_value
    from published
    left join recomputed
        on
            published.release_as_of = recomputed.release_as_of
            and published.year = recomputed.year
            and published.geographic_level = 'Local authority'
            and published.area_code = recomputed.area_code
            and published.indicator = recomputed.indicator
)

select * from beside_each_other
