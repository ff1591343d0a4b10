-- Grain: one row per reported month end and scope with a vacancy that counts in it.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

vacancies as (
    select * from {{ ref('int_recruitment__vacancies') }}
),

-- Whatever happens to a vacancy happens on or after the day it is opened. One that was filled or
-- withdrawn before the month, and offered and started before the twelve months, counts no longer.
known_by_then as (
    select
        months.month_end,
        vacancies.*,
        vacancies.vacant_before > months.month_end as is_open,
        vacancies.opened_date > months.previous_month_end as is_opened_in_month,
        vacancies.closed_date > months.previous_month_end
        and vacancies.closed_date <= months.month_end as is_closed_in_month,
        vacancies.offer_date > months.month_end_12m_before
        and vacancies.offer_date <= months.month_end as is_offered_12m,
        vacancies.status = 'filled'
        and vacancies.start_date > months.month_end_12m_before
        and vacancies.start_date <= months.month_end as is_started_12m
    from vacancies
    inner join months on vacancies.opened_date <= months.month_end
    where
        vacancies.vacant_before > months.previous_month_end
        or vacancies.closed_date > months.previous_month_end
        or vacancies.offer_date > months.month_end_12m_before
        or vacancies.start_date > months.month_end_12m_before
),

scoped as (
    {{ in_scopes('known_by_then') }}
),

counted as (
    select
        month_end,
        scope_type,
        scope_name,
        count(*) filter (where is_open) as open_vacancies,
        coalesce(sum(fte) filter (where is_open), 0) as vacant_fte,
        coalesce(sum(fte) filter (where is_open and covered_by_agency), 0) as agency_covered_fte,
        median({{ days_between('opened_date', 'month_end') }}) filter (where is_open)
            as median_age_open_days,
        count(*) filter (where is_opened_in_month) as opened,
        count(*) filter (where is_closed_in_month and status = 'filled') as filled,
        count(*) filter (where is_closed_in_month and status = 'withdrawn') as withdrawn,
        count(*) filter (where is_offered_12m) as offers_12m,
        median({{ days_between('opened_date', 'offer_date') }}) filter (where is_offered_12m)
            as median_days_to_offer_12m,
        count(*) filter (where is_started_12m) as starts_12m,
        median({{ days_between('opened_date', 'start_date') }}) filter (where is_started_12m)
            as median_days_to_start_12m
    from scoped
    group by month_end, scope_type, scope_name
)

select * from counted
