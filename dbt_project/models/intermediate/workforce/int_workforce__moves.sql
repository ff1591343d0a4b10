-- Grain: one row per spell and move that counts: a start, a leaving, an unexplained exit.
with spells as (
    select * from {{ ref('int_workforce__spells') }}
),

employed as (
    select * from {{ ref('int_workforce__periods') }}
    where contract_family = 'employed'
),

began as (
    select
        *,
        {{ plus_days('start_date', -1) }} as day_outside,
        start_date as moved_on,
        cast(null as varchar) as leaving_reason
    from employed
    where from_day = start_date
),

recorded_leaving as (
    select
        employed.*,
        {{ plus_days('spells.leaving_date', 1) }} as day_outside,
        spells.leaving_date as moved_on,
        spells.leaving_reason
    from employed
    inner join spells
        on employed.staff_key = spells.staff_key and employed.start_date = spells.start_date
    where
        spells.exit_kind = 'leaver'
        and spells.leaving_date between employed.from_day and employed.to_day
),

candidates as (
    select
        'start' as move,
        *
    from began
    union all
    select
        'leaving' as move,
        *
    from recorded_leaving
),

into_or_out_of_the_service as (
    -- Another post held on the day outside this one: the person neither came nor went.
    select candidates.*
    from candidates
    where not exists (
        select 1
        from employed as other
        where
            other.staff_key = candidates.staff_key
            and other.start_date <> candidates.start_date
            and candidates.day_outside between other.from_day and other.to_day
    )
),

unexplained as (
    -- What was last known of such a spell is what held on its last day.
    select
        *,
        'unexplained_exit' as move,
        last_day as moved_on
    from spells
    where exit_kind = 'unexplained'
),

moves as (
    select
        move,
        moved_on,
        staff_key,
        start_date,
        team,
        job_role,
        is_social_worker,
        fte,
        leaving_reason,
        case
            when move = 'leaving' then {{ days_between('start_date', 'moved_on') }} < 365
        end as is_early
    from into_or_out_of_the_service
    union all by name
    select
        move,
        moved_on,
        staff_key,
        start_date,
        team,
        job_role,
        is_social_worker,
        fte
    from unexplained
)

select * from moves
