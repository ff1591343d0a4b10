-- Grain: one row, the programme to date, up to the last reported month.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'to_date'
),

counts as (
    select * from {{ ref('int_debriefs__by_period') }}
    where period_kind = 'to_date' and scope_type = 'service'
),

gathered as (
    select
        'to_date' as period,
        'service' as scope_type,
        'all' as scope_name,
        counts.requested,
        counts.offered,
        counts.held,
        counts.declined,
        counts.held_within_3_days,
        counts.median_days_to_held,
        counts.staff_affected,
        counts.staff_affected_where_held,
        counts.staff_attended,
        counts.followed_up
    from periods
    left join counts on periods.last_day = counts.last_day
),

measured as (
    select
        period,
        scope_type,
        scope_name,
        {{ debrief_measures() }}
    from gathered
)

select * from measured
