-- Grain: one row per reported month end.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

bank_holidays as (
    select * from {{ ref('england_bank_holidays') }}
),

month_days as (
    select
        month_end,
        cast(
            unnest(
                generate_series(
                    {{ plus_days('previous_month_end', 1) }}, month_end, interval 1 day
                )
            ) as date
        ) as calendar_day
    from months
),

counted as (
    select
        month_days.month_end,
        count(*) as working_days
    from month_days
    left join bank_holidays on month_days.calendar_day = bank_holidays.holiday
    where isodow(month_days.calendar_day) <= 5 and bank_holidays.holiday is null
    group by month_days.month_end
)

select * from counted
