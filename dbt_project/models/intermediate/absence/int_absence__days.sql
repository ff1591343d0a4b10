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
with_days as (
    select
        absences.staff_key,
        absences.absence_start,
        absences.is_stress,
        absences.working_days_lost,
        cast(
            unnest(
                generate_series(
                    absences.absence_start,
                    greatest(
                        absences.absence_start,
                        coalesce(absences.absence_end, known_until.as_of, absences.absence_start)
                    ),
                    interval 1 day
                )
            ) as date
        ) as absent_on
    from absences
    cross join known_until
),

weekdays_counted as (
    select
        *,
        count(*) filter (where isodow(absent_on) <= 5) over (
            partition by staff_key, absence_start
        ) as weekdays
    from with_days
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
    from weekdays_counted
    where isodow(absent_on) <= 5 or (weekdays = 0 and absent_on = absence_start)
)

select * from spread
