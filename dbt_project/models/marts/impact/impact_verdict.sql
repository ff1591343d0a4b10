-- Grain: one row, the verdict on all findings together.
with verdicts as (
    select * from {{ ref('int_impact__verdict') }}
),

shown as (
    select
        cast(verdict as varchar) as verdict,
        cast(rule as varchar) as rule,
        cast(better as integer) as better,
        cast(worse as integer) as worse,
        cast(no_sign_either_way as integer) as no_sign_either_way,
        cast(not_counted as integer) as not_counted,
        cast(counted_findings as varchar) as counted_findings,
        cast(better_not_counted as integer) as better_not_counted,
        cast(worse_not_counted as integer) as worse_not_counted
    from verdicts
)

select * from shown
