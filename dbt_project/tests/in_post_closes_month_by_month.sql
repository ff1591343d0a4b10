-- Fails with a row for each month end and contract family where the spells do not add up.
with balance as (
    select * from {{ ref('int_workforce__in_post_balance') }}
),

open_sums as (
    select
        month_end,
        contract_family
    from balance
    where in_post <> in_post_before + begun - ended + converted
)

select
    month_end,
    contract_family
from open_sums
