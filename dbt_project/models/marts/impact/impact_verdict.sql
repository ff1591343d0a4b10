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
        cast(not_counted as integer) as not_counted
    from verdicts
)

select * from shown
