-- Grain: one row per calendar year that is reported whole, the service.
with years as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'year'
),

vacancies as (
    select * from {{ ref('int_recruitment__by_month') }}
    where scope_type = 'service'
),

-- The twelve months to the last of December are the calendar year.
summed as (
    select
        cast(extract(year from years.last_day) as integer) as year,
        'service' as scope_type,
        'all' as scope_name,
        cast(coalesce(sum(vacancies.opened), 0) as integer) as opened,
        cast(coalesce(sum(vacancies.filled), 0) as integer) as filled,
        cast(coalesce(sum(vacancies.withdrawn), 0) as integer) as withdrawn,
        cast(
            coalesce(
                any_value(vacancies.offers_12m) filter (
                    where vacancies.month_end = years.last_day
                ), 0
            ) as integer
        ) as offers_12m,
        any_value(vacancies.median_days_to_offer_12m) filter (
            where vacancies.month_end = years.last_day
        ) as median_days_to_offer_12m,
        cast(
            coalesce(
                any_value(vacancies.starts_12m) filter (
                    where vacancies.month_end = years.last_day
                ), 0
            ) as integer
        ) as starts_12m,
        any_value(vacancies.median_days_to_start_12m) filter (
            where vacancies.month_end = years.last_day
        ) as median_days_to_start_12m
    from years
    left join vacancies
        on
            years.first_day <= vacancies.month_end
            and years.last_day >= vacancies.month_end
    group by years.last_day
)

select * from summed
