-- Grain: one row per vacancy, as last stated and not withdrawn.
with statements as (
    select * from {{ ref('stg_hr_vacancies') }}
    where is_latest and not is_void
),

vacancies as (
    select
        vacancy_id,
        team,
        job_role,
        is_social_worker,
        fte,
        opened_date,
        offer_date,
        start_date,
        closed_date,
        status,
        covered_by_agency,
        -- An accepted offer fills no post: it is vacant until the appointed person comes.
        case
            when closed_date is null then {{ far_future() }}
            when status = 'filled' then greatest(closed_date, coalesce(start_date, closed_date))
            else closed_date
        end as vacant_before
    from statements
)

select * from vacancies
