-- Grain: one row per line of a standing hr_staff file, bad lines with a readable key included.
with landed as (
    select * from {{ source('lake', 'hr_staff') }}
),

typed as (
    select
        staff_key,
        email_key,
        start_date,
        team,
        job_role,
        is_social_worker,
        contract_type,
        case
            when contract_type = 'agency' then 'agency'
            when contract_type is not null then 'employed'
        end as contract_family,
        fte,
        caseload,
        as_of,
        row_status = 'good' as is_good,
        coalesce(synthetic, false) as is_synthetic,
        -- Where two files of one day hold one spell, the greater hash speaks for it.
        row_status = 'good'
        and row_number() over (
            partition by staff_key, start_date, as_of, row_status
            order by file_sha256 desc, line asc
        ) = 1 as gives_attributes
    from landed
)

select * from typed
