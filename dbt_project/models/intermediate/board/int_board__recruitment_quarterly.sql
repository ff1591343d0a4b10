-- Grain: one row per quarter that is reported whole, the service.
with quarters as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'quarter'
),

vacancies as (
    select * from {{ ref('int_recruitment__by_month') }}
    where scope_type = 'service'
),

summed as (
    select
        quarters.last_day as quarter_end,
        'service' as scope_type,
        'all' as scope_name,
        cast(coalesce(sum(vacancies.opened), 0) as integer) as opened,
        cast(coalesce(sum(vacancies.filled), 0) as integer) as filled,
        cast(coalesce(sum(vacancies.withdrawn), 0) as integer) as withdrawn
    from quarters
    left join vacancies
        on
            quarters.first_day <= vacancies.month_end
            and quarters.last_day >= vacancies.month_end
    group by quarters.last_day
)

select * from summed
