-- Grain: one row per line of a standing hr_vacancies file.
with landed as (
    select * from {{ source('lake', 'hr_vacancies') }}
),

typed as (
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
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['vacancy_id']) }} as is_latest
    from landed
)

select * from typed
