-- Grain: one row per session of a known group, with what it is counted by.
with sessions as (
    select * from {{ ref('int_participation__known_sessions') }}
),

counts as (
    select
        session_id,
        count(*) as invited,
        count(*) filter (where is_attended) as attended
    from {{ ref('int_participation__invitations') }}
    group by session_id
),

closed as (
    select * from {{ ref('int_closing__rows') }}
    where mart = 'participation_session'
),

counted as (
    select
        sessions.*,
        -- Of a closed session nobody knows any more who came, but how many did.
        coalesce(closed.invited, counts.invited, 0) as invited,
        coalesce(closed.attended, counts.attended, 0) as attended,
        -- Held sessions are looked at among themselves: a cancelled one keeps no group going.
        case
            when sessions.is_held then lag(sessions.session_date) over (
                partition by sessions.group_id, sessions.is_held
                order by sessions.session_date asc, sessions.session_id asc
            )
        end as held_before
    from sessions
    left join counts on sessions.session_id = counts.session_id
    left join closed on sessions.session_id = closed.session_id
),

spaced as (
    select
        *,
        {{ days_between('held_before', 'session_date') }} as days_since_previous
    from counted
),

banded as (
    select
        session_id,
        group_id,
        session_date,
        status,
        is_held,
        facilitator_independent,
        invited,
        attended,
        days_since_previous,
        days_since_previous <= cadence_days + 7 as on_cadence,
        days_since_previous between cadence_days - 7 and cadence_days + 7 as is_gap_within_cadence,
        case
            when not is_held then null
            when attended < 6 then 'under'
            when attended <= 8 then 'norm'
            when attended <= 12 then 'over_norm'
            else 'over_capacity'
        end as size_band
    from spaced
)

select * from banded
