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
outspoken as (
    select
        as_of,
        file_sha256,
        line
    from landed
    where row_status = 'good' and as_of in (select days.as_of from days_of_two_files as days)
    qualify
        row_number() over (
            partition by staff_key, start_date, as_of
            order by file_sha256 desc, line asc
        ) > 1
),

typed as (
    select
        landed.staff_key,
        landed.email_key,
        landed.start_date,
        landed.team,
        landed.job_role,
        landed.is_social_worker,
        landed.contract_type,
        case
            when landed.contract_type = 'agency' then 'agency'
            when landed.contract_type is not null then 'employed'
        end as contract_family,
        landed.fte,
        landed.caseload,
        landed.as_of,
        landed.row_status = 'good' as is_good,
        coalesce(landed.synthetic, false) as is_synthetic,
        landed.row_status = 'good' and outspoken.line is null as gives_attributes
    from landed
    left join outspoken
        on
            landed.as_of = outspoken.as_of
            and landed.file_sha256 = outspoken.file_sha256
            and landed.line = outspoken.line
)

select * from typed
