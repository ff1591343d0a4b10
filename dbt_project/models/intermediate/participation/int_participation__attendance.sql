-- Grain: one row per session and person of whom it is on record whether they came.
with register as (
    select
        session_id,
        staff_key,
        is_attended
    from {{ ref('stg_group_attendance') }}
    where is_latest and not is_void
),

settings as (
    select minimum_stay_minutes from {{ ref('stg_build_info') }}
),

-- Who kept a register saw who was there: no report adds to it.
stays as (
    select stays.*
    from {{ ref('int_participation__stays') }} as stays
    anti join register on stays.session_id = register.session_id
    where stays.is_session_known and stays.staff_key is not null
),

-- Two devices, or two parts of one meeting, may overlap: a minute counts once.
ordered as (
    select
        *,
        max(left_at) over (
            partition by session_id, staff_key
            order by joined_at asc, left_at asc
            rows between unbounded preceding and 1 preceding
        ) as was_there_until
    from stays
),

present as (
    select
        session_id,
        staff_key,
        sum(
            greatest(0, date_diff('second', greatest(joined_at, was_there_until), left_at))
        ) as seconds
    from ordered
    group by session_id, staff_key
),

attendance as (
    select * from register
    union all
    select
        present.session_id,
        present.staff_key,
        true as is_attended
    from present
    cross join settings
    where present.seconds >= 60 * settings.minimum_stay_minutes
)

select * from attendance
