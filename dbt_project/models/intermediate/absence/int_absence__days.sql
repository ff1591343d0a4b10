-- Grain: one row per absence and day that its lost working days are spread over, in post or not.
with absences as (
    select * from {{ ref('stg_absence') }}
    where is_latest and not is_void
),

known_until as (
    select max(as_of) as as_of
    from {{ ref('stg_load_manifest') }}
    where source = 'absence' and is_standing
),

-- Who is still absent has been so until the day that the newest file speaks for.
with_end as (
    select
        absences.*,
        greatest(
            absences.absence_start,
            coalesce(absences.absence_end, known_until.as_of, absences.absence_start)
        ) as absent_until
    from absences
    cross join known_until
),

with_days as (
    select
        staff_key,
        absence_start,
        is_stress,
        working_days_lost,
        {{ weekdays_before(plus_days('absent_until', 1)) }}
        - {{ weekdays_before('absence_start') }} as weekdays,
        cast(
            unnest(generate_series(absence_start, absent_until, interval 1 day)) as date
        ) as absent_on
    from with_end
),

-- One that lies within a weekend has no day of Monday to Friday: all of it is its first day.
spread as (
    select
        staff_key,
        absence_start,
        absent_on,
        is_stress,
        working_days_lost,
        greatest(weekdays, 1) as spread_over_days
    from with_days
    where isodow(absent_on) <= 5 or (weekdays = 0 and absent_on = absence_start)
)

select * from spread
