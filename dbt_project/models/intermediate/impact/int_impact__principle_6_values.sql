-- Grain: one row per point of Principle 6 and indicator that has a figure.
with promises as (
    select * from {{ ref('programme_fidelity') }}
    where month_end is null
),

-- Of a wave with several scores, which are on scales of their own, the first by name.
waves as (
    select
        *,
        row_number() over (partition by wave_date order by instrument asc, subscale asc) as place
    from {{ ref('wellbeing_wave') }}
    where scope_type = 'service'
),

-- Those fixed beforehand, as the verdict counts them.
findings as (
    {%- for rungs in ('int_impact__its', 'int_impact__survival', 'int_impact__comparator') %}
    select grade from {{ ref(rungs) }}
    where is_main
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

{% set newest = [
    ('retention_monthly', 'turnover_rate_12m', 'leavers_12m', 'month_end'),
    ('retention_monthly', 'stability_index_12m', 'cast(null as integer)', 'month_end'),
    ('retention_monthly', 'agency_rate', 'agency_headcount', 'month_end'),
    ('recruitment_monthly', 'vacancy_rate', 'open_vacancies', 'month_end'),
    ('caseload_monthly', 'mean_caseload', 'case_holders', 'month_end'),
    ('caseload_monthly', 'p90_caseload', 'case_holders', 'month_end'),
    ('int_board__absence', 'absence_rate', 'round(working_days_lost)', 'year'),
] -%}
-- To date, of all that were due: no session is in the file that was neither held nor cancelled.
{% set shares = [
    ('debriefs_offered_share', 'debrief_monthly', 'offered', 'requested'),
    ('sessions_held_share', 'participation_monthly', 'sessions_held', 'sessions_held + sessions_cancelled'),
] -%}
indicators as (
    select
        cast(null as integer) as point,
        promise as indicator,
        observed as value,
        n
    from promises
    union all
    -- A share of the documents that the register names for the point.
    select
        point,
        'documents_current' as indicator,
        count(*) filter (where review_status = 'current') / count(*) as value,
        count(*) as n
    from {{ ref('evidence_register') }}
    group by point
    {%- for indicator, mart, part, whole in shares %}
    union all
    select
        null as point,
        '{{ indicator }}' as indicator,
        sum({{ part }}) / nullif(sum({{ whole }}), 0) as value,
        sum({{ whole }}) as n
    from {{ ref(mart) }}
    where scope_type = 'service'
    {%- endfor %}
    {%- for mart, column, n, by in newest %}
    union all
    select
        null as point,
        '{{ column }}' as indicator,
        arg_max({{ column }}, {{ by }}) as value,
        arg_max({{ n }}, {{ by }}) as n
    from {{ ref(mart) }}
    where scope_type = 'service' and {{ column }} is not null
    {%- endfor %}
    union all
    select
        null as point,
        unnest(['wellbeing_mean_score', 'survey_response_rate']) as indicator,
        unnest([arg_max(mean_score, wave_date), arg_max(response_rate, wave_date)]) as value,
        arg_max(responses, wave_date) as n
    from waves
    where place = 1
    union all
    select
        null as point,
        'survey_waves' as indicator,
        count(distinct wave_date) as value,
        null as n
    from waves
    union all
    select
        null as point,
        'findings_graded_moderate_or_strong' as indicator,
        count(*) filter (where grade in ('moderate', 'strong')) as value,
        count(*) as n
    from findings
)

select * from indicators
where value is not null
