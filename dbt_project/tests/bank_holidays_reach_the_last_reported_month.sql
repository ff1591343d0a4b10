-- Warns with the last reported month end where the list of bank holidays ends before its year does:
-- from then on working_days_available is too high.
{{ config(severity='warn') }}

with listed as (
    select max(holiday) as last_holiday
    from {{ ref('england_bank_holidays') }}
)

select max(months.month_end) as last_month_end
from {{ ref('int_workforce__months') }} as months
cross join listed
having extract(year from max(months.month_end)) > extract(year from any_value(listed.last_holiday))
