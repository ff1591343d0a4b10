-- Grain: one row per point of Principle 6 and indicator.
{% set falls_short = 'What was promised itself: the figure falls short of it.' -%}
with indicators as (
    select * from {{ ref('principle_6_indicators') }}
),

come as (
    select coalesce(list(distinct source), []) as sources
    from {{ ref('stg_load_manifest') }}
    where is_standing
),

-- Of what nobody has ever sent the counts are 0, and that is no figure: it is not known.
figures as (
    select counted.*
    from {{ ref('int_impact__principle_6_values') }} as counted
    cross join come
    where
        case
            when counted.indicator = 'vacancy_rate' then 'hr_vacancies' in come.sources
            when counted.indicator = 'absence_rate' then 'absence' in come.sources
            when
                counted.indicator in (
                    'groups_active', 'gap_within_cadence', 'independent_facilitator',
                    'sessions_held_share'
                )
                then list_has_all(come.sources, ['groups', 'group_sessions'])
            when counted.indicator in ('attended_6_to_8', 'coverage_84d')
                then
                    list_has_all(come.sources, ['groups', 'group_sessions'])
                    and list_has_any(
                        come.sources, ['group_attendance', 'attendance_teams', 'attendance_zoom']
                    )
            else true
        end
),

beside_each_other as (
    select
        indicators.*,
        figures.value,
        figures.n,
        figures.value is not null as is_known,
        -- What nobody promised a figure for is shown, and decides nothing by its height.
        coalesce(figures.value >= indicators.promised, figures.value is not null) as is_met,
        coalesce(figures.value < indicators.promised, false) as is_missed
    from indicators
    left join figures
        on
            indicators.indicator = figures.indicator
            and (figures.point is null or indicators.point = figures.point)
),

-- Evidenced takes a direct indicator, each of them as promised, and no promise that is seen to be
-- missed; partial ones alone are not enough.
points as (
    select
        point,
        case
            when count(*) filter (where is_known) = 0 then 'not evidenced by this data'
            when
                count(*) filter (where strength = 'direct') > 0
                and bool_and(is_known and is_met) filter (where strength = 'direct')
                and count(*) filter (where is_missed) = 0
                then 'evidenced'
            else 'partly'
        end as status
    from beside_each_other
    group by point
),

scored as (
    select
        cast(beside_each_other.point as integer) as point,
        points.status,
        beside_each_other.indicator,
        cast(beside_each_other.value as double) as value,
        cast(beside_each_other.n as integer) as n,
        case when beside_each_other.is_missed then '{{ falls_short }} ' else '' end
        || beside_each_other.what_is_missing as what_is_missing
    from beside_each_other
    inner join points on beside_each_other.point = points.point
)

select * from scored
