-- Grain: one row per line of a standing hr_staff file, bad lines with a readable key included.
with landed as (
    select * from {{ source('lake', 'hr_staff') }}
),

days_of_two_files as (
    select as_of
    from landed
    group by as_of
    having min(file_sha256) <> max(file_sha256)
),

-- Where two files of one day hold one spell, the greater hash speaks for it. No file holds one
-- twice, and hardly a day has two files: so not every row is ranked.
spoken as (
    select
        landed.*,
        landed.row_status = 'good' as gives_attributes
    from landed
    anti join days_of_two_files as days on landed.as_of = days.as_of
    union all
    select
        landed.*,
        landed.row_status = 'good'
        and row_number() over (
            partition by landed.staff_key, landed.start_date, landed.as_of, landed.row_status
            order by landed.file_sha256 desc, landed.line asc
        ) = 1 as gives_attributes
    from landed
    semi join days_of_two_files as days on landed.as_of = days.as_of
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
        gives_attributes
    from spoken
)

select * from typed
