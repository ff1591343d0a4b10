-- Grain: one row per vacancy that was opened on a reported day.
with vacancies as (
    select * from {{ ref('int_recruitment__vacancies') }}
),

reported as (
    select
        min(month_end) as first_day,
        max(month_end) as last_day
    from {{ ref('int_workforce__months') }}
),

waits as (
    select
        vacancies.vacancy_id,
        vacancies.opened_date as opened_on,
        least(coalesce(vacancies.closed_date, reported.last_day), reported.last_day)
            as waited_until,
        vacancies.status = 'filled'
        and coalesce(vacancies.closed_date <= reported.last_day, false) as is_filled
    from vacancies
    -- Of those opened before the first report, only the ones that nobody had filled by then
    -- are known: with them, filling before the programme looks slower than it was.
    inner join reported
        on vacancies.opened_date between reported.first_day and reported.last_day
)

select * from waits
