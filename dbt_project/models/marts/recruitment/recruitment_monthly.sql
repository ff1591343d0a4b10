-- Grain: one row per reported month end and scope.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
),

counts as (
    select * from {{ ref('int_recruitment__by_month') }}
),

-- Statements that a later one has replaced name teams and roles too.
named as (
    select distinct
        team,
        job_role,
        is_social_worker
    from {{ ref('stg_hr_vacancies') }}
),

scopes as (
    select
        scope_type,
        scope_name
    from {{ ref('int_workforce__scope_months') }}
    union
    select
        scope_type,
        scope_name
    from ({{ in_scopes('named') }})
),

counted as (
    select
        months.month_end,
        scopes.scope_type,
        scopes.scope_name,
        months.has_12m,
        counts.open_vacancies,
        counts.vacant_fte,
        counts.agency_covered_fte,
        counts.median_age_open_days,
        counts.opened,
        counts.filled,
        counts.withdrawn,
        counts.median_days_to_offer_12m,
        counts.median_days_to_start_12m,
        coalesce(counts.vacant_fte, 0) + coalesce(stock.fte, 0) as fte_to_be_filled
    from months
    cross join scopes
    left join counts
        on
            months.month_end = counts.month_end
            and scopes.scope_type = counts.scope_type
            and scopes.scope_name = counts.scope_name
    left join stock
        on
            months.month_end = stock.month_end
            and scopes.scope_type = stock.scope_type
            and scopes.scope_name = stock.scope_name
),

rated as (
    select
        month_end,
        scope_type,
        scope_name,
        cast(coalesce(open_vacancies, 0) as integer) as open_vacancies,
        cast(coalesce(vacant_fte, 0) as double) as vacant_fte,
        cast(coalesce(vacant_fte, 0) as double)
        / nullif(cast(fte_to_be_filled as double), 0) as vacancy_rate,
        cast(coalesce(opened, 0) as integer) as opened,
        cast(coalesce(filled, 0) as integer) as filled,
        cast(coalesce(withdrawn, 0) as integer) as withdrawn,
        case when has_12m then median_days_to_offer_12m end as median_days_to_offer_12m,
        case when has_12m then median_days_to_start_12m end as median_days_to_start_12m,
        cast(coalesce(agency_covered_fte, 0) as double) as agency_covered_fte,
        median_age_open_days
    from counted
),

kept as (
    {{ with_closed('recruitment_monthly', 'rated', ['month_end', 'scope_type', 'scope_name']) }}
)

select * from kept
