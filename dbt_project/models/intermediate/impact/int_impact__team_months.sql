-- Grain: one row per team and reported month, with the day on which its first group began.
with months as (
    select * from {{ ref('retention_monthly') }}
    where scope_type = 'team'
),

members as (
    select distinct
        group_id,
        staff_key,
        joined_on
    from {{ ref('stg_group_members') }}
    where gives_attributes
),

periods as (
    select * from {{ ref('int_workforce__periods') }}
),

groups as (
    select * from {{ ref('int_participation__groups') }}
),

-- One or two of another team, who came along or moved on, don't make it that team's group.
served as (
    select
        members.group_id,
        periods.team
    from members
    inner join periods
        on
            members.staff_key = periods.staff_key
            and members.joined_on between periods.from_day and periods.to_day
    group by members.group_id, periods.team
    having count(distinct members.staff_key) >= 3
),

starts as (
    select
        served.team,
        min(groups.started_on) as group_started_on
    from served
    inner join groups on served.group_id = groups.group_id
    group by served.team
),

team_months as (
    select
        months.scope_name as team,
        months.month_end,
        months.headcount,
        months.leavers,
        starts.group_started_on
    from months
    left join starts on months.scope_name = starts.team
)

select * from team_months
