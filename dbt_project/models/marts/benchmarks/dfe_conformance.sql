-- Grain: one row per release, census year and rate that the release has.
with published as (
    select
        release_as_of,
        year,
        area_code,
        indicator,
        published_value,
        -- Half of the last published digit: rates have one decimal place of a per cent, caseload
        -- one of its own. The little more is for binary fractions, which hold neither exactly.
        case when instr(indicator, '_rate_') > 0 then 0.0005 else 0.05 end + 1e-9 as rounding
    from {{ ref('dfe_benchmark') }}
    where geographic_level = 'Local authority'
),

recomputed as (
    select * from {{ ref('int_benchmarks__recomputed') }}
),

compared as (
    select
        published.release_as_of,
        published.year,
        published.indicator,
        published.published_value is not null as has_figure,
        published.published_value is not null
        and recomputed.recomputed_value is not null as is_testable,
        recomputed.least_value <= published.published_value + published.rounding
        and recomputed.most_value >= published.published_value - published.rounding as is_met
    from published
    inner join recomputed
        on
            published.release_as_of = recomputed.release_as_of
            and published.year = recomputed.year
            and published.area_code = recomputed.area_code
            and published.indicator = recomputed.indicator
),

counted as (
    select
        release_as_of,
        year,
        indicator,
        cast(count(*) filter (where has_figure) as integer) as authorities_published,
        cast(count(*) filter (where is_testable) as integer) as authorities_testable,
        cast(count(*) filter (where is_testable and is_met) as integer) as authorities_consistent,
        cast(count(*) filter (where is_testable and not is_met) as integer)
            as authorities_not_consistent
    from compared
    group by release_as_of, year, indicator
)

select * from counted
