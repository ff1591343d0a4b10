-- Grain: one row per leaver record in force, under the spell that it is taken for.
with records as (
    select * from {{ ref('stg_hr_leavers') }}
    where is_latest and not is_void
),

known_spells as (
    select distinct
        staff_key,
        start_date
    from {{ ref('int_workforce__spell_versions') }}
),

own_records as (
    select records.*
    from records
    inner join known_spells
        on
            records.staff_key = known_spells.staff_key
            and records.start_date = known_spells.start_date
),

strays as (
    select records.*
    from records
    left join known_spells
        on
            records.staff_key = known_spells.staff_key
            and records.start_date = known_spells.start_date
    where known_spells.staff_key is null
),

-- A rescinded record is a record too: its spell is not free for a stray one.
spells_without_record as (
    select known_spells.*
    from known_spells
    left join own_records
        on
            known_spells.staff_key = own_records.staff_key
            and known_spells.start_date = own_records.start_date
    where own_records.staff_key is null
),

candidates as (
    select
        strays.*,
        spells_without_record.start_date as candidate_start_date,
        count(spells_without_record.start_date) over (
            partition by strays.staff_key, strays.start_date
        ) = 1 as means_one_spell
    from strays
    left join spells_without_record
        on
            strays.staff_key = spells_without_record.staff_key
            and strays.leaving_date >= spells_without_record.start_date
),

placed as (
    select
        *,
        start_date as spell_start_date,
        'own' as matched_by
    from own_records
    union all
    select
        * exclude (candidate_start_date, means_one_spell),
        case when means_one_spell then candidate_start_date else start_date end
            as spell_start_date,
        case when means_one_spell then 'leaving_date' else 'nothing' end as matched_by
    from candidates
),

-- Of two records that can mean the same one spell, the later statement stands alone.
ranked as (
    select
        *,
        row_number() over (
            partition by staff_key, spell_start_date
            order by as_of desc, file_sha256 desc, line asc
        ) as preference
    from placed
),

in_force as (
    select
        staff_key,
        spell_start_date,
        leaving_date,
        leaving_reason,
        destination,
        record_status = 'rescinded' as is_rescinded,
        as_of,
        matched_by
    from ranked
    where preference = 1
)

select * from in_force
