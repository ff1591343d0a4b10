-- Grain: one row per reported month end and scope in which anyone was in post.
{% set measures = [
    ('people', 'people_until', 'last_month', '1', 'true'),
    ('headcount', 'employed_until', 'last_month', '1', 'is_employed'),
    ('there', 'there_until', 'least(last_month, last_month_12m)', '1', 'is_employed'),
    ('agency', 'agency_until', 'last_month', '1', 'not is_employed'),
    ('fte', 'null', 'last_month', 'fte', 'is_employed'),
    ('agency_fte', 'null', 'last_month', 'fte', 'not is_employed'),
] -%}
with months as (
    select * from {{ ref('int_workforce__months') }}
),

-- Month ends are not met one by one: a stretch counts from its first to its last.
stretches as (
    select
        staff_key,
        team,
        job_role,
        is_social_worker,
        fte,
        is_only_spell,
        contract_family = 'employed' as is_employed,
        last_day(from_day) as first_month,
        {{ month_end_by('to_day') }} as last_month,
        {{ month_end_plus(month_end_by('in_post_until'), -12) }} as last_month_12m
    from {{ ref('int_workforce__periods') }}
),

scoped as (
    {{ in_scopes('stretches') }}
),

-- One with two posts counts once: what a stretch adds begins where the person's others end. Most
-- have one spell ever, and its stretches follow one another.
beside_others as (
    select
        *,
        cast(null as date) as people_until,
        cast(null as date) as employed_until,
        cast(null as date) as there_until,
        cast(null as date) as agency_until
    from scoped
    where is_only_spell
    union all
    select
        *,
        max(last_month) over earlier as people_until,
        max(last_month) filter (where is_employed) over earlier as employed_until,
        max(least(last_month, last_month_12m)) filter (where is_employed) over earlier
            as there_until,
        max(last_month) filter (where not is_employed) over earlier as agency_until
    from scoped
    where is_only_spell is not true
    window earlier as (
        partition by scope_type, scope_name, staff_key
        order by first_month asc
        rows between unbounded preceding and 1 preceding
    )
),

added as (
    {%- for measure, until, last, amount, condition in measures %}
    select
        scope_type,
        scope_name,
        '{{ measure }}' as measure,
        {{ amount }} as amount,
        greatest(first_month, {{ month_end_plus('cast(' ~ until ~ ' as date)', 1) }})
            as first_month,
        {{ last }} as last_month
    from beside_others
    where {{ condition }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

running as (
    {{ running_totals('added', measures | map(attribute=0) | list) }}
),

stock as (
    select
        months.month_end,
        running.scope_type,
        running.scope_name,
        cast(running.people as bigint) as people,
        cast(running.headcount as bigint) as headcount,
        running.fte,
        cast(running.there as bigint) as there_12m_later,
        cast(running.agency as bigint) as agency_headcount,
        running.agency_fte
    from running
    inner join months
        on running.first_month <= months.month_end and running.month_after > months.month_end
    where running.people > 0
)

select * from stock
