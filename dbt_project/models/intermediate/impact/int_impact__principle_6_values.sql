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

{% set monthly = [
    ('retention_monthly', 'turnover_rate_12m', 'leavers_12m'),
    ('retention_monthly', 'agency_rate', 'agency_headcount'),
    ('recruitment_monthly', 'vacancy_rate', 'open_vacancies'),
    ('caseload_monthly', 'mean_caseload', 'case_holders'),
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
    union all
    select
        null as point,
        'debriefs_offered_share' as indicator,
        sum(offered) / nullif(sum(requested), 0) as value,
        sum(requested) as n
    from {{ ref('debrief_monthly') }}
    where scope_type = 'service'
    {%- for mart, column, n in monthly %}
    union all
    select
        null as point,
        '{{ column }}' as indicator,
        arg_max({{ column }}, month_end) as value,
        arg_max({{ n }}, month_end) as n
    from {{ ref(mart) }}
    where scope_type = 'service' and {{ column }} is not null
    {%- endfor %}
    union all
    select
        null as point,
        'absence_rate' as indicator,
        arg_max(absence_rate, year) as value,
        arg_max(round(working_days_lost), year) as n
    from {{ ref('int_board__absence') }}
    where year is not null and scope_type = 'service' and absence_rate is not null
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
