-- Grain: one row per wave and scope (the service, each team) with anyone in post on its day.
with waves as (
    select distinct wave_date
    from {{ ref('int_wellbeing__scores') }}
),

periods as (
    select * from {{ ref('int_workforce__periods') }}
),

in_post as (
    select
        waves.wave_date,
        periods.staff_key,
        periods.team
    from waves
    inner join periods on waves.wave_date between periods.from_day and periods.to_day
),

people as (
    select
        wave_date,
        'service' as scope_type,
        'all' as scope_name,
        count(distinct staff_key) as people
    from in_post
    group by wave_date
    union all
    select
        wave_date,
        'team' as scope_type,
        team as scope_name,
        count(distinct staff_key) as people
    from in_post
    group by wave_date, team
)

select * from people
