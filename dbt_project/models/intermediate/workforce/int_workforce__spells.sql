-- Grain: one row per spell of service, and one per leaver record that fits none.
with staff_rows as (
    select * from {{ ref('stg_hr_staff') }}
),

snapshots as (
    select * from {{ ref('int_workforce__snapshots') }}
),

records as (
    select * from {{ ref('int_workforce__leaver_records') }}
),

last_known as (
    select * from {{ ref('int_workforce__spell_versions') }}
    where valid_before = {{ far_future() }}
),

held as (
    -- A bad line with a readable key says no more than that the person was there.
    select
        staff_key,
        start_date,
        max(as_of) as last_held_as_of,
        coalesce(max(caseload), 0) >= 1 as has_held_cases
    from staff_rows
    group by staff_key, start_date
),

gathered as (
    select
        coalesce(last_known.staff_key, records.staff_key) as staff_key,
        coalesce(last_known.start_date, records.spell_start_date) as start_date,
        last_known.team,
        last_known.job_role,
        last_known.is_social_worker,
        last_known.contract_type,
        last_known.contract_family,
        last_known.fte,
        held.last_held_as_of,
        held.has_held_cases,
        snapshots.next_as_of,
        records.leaving_date,
        records.leaving_reason,
        records.destination,
        records.is_rescinded,
        records.matched_by,
        records.as_of as record_as_of,
        case
            when not records.is_rescinded then 'leaver'
            when snapshots.next_as_of is null then null
            when last_known.contract_family = 'agency' then 'agency_ended'
            else 'unexplained'
        end as exit_kind
    from last_known
    inner join held
        on last_known.staff_key = held.staff_key and last_known.start_date = held.start_date
    left join snapshots on held.last_held_as_of = snapshots.as_of
    full outer join records
        on
            last_known.staff_key = records.staff_key
            and last_known.start_date = records.spell_start_date
),

ended as (
    select
        *,
        case
            when exit_kind = 'leaver' then leaving_date
            when exit_kind is not null then last_held_as_of
        end as last_day
    from gathered
)

select * from ended
