-- Grain: one row per point of Principle 6 and indicator that has a figure.
with promises as (
    select * from {{ ref('programme_fidelity') }}
    where month_end is null
),

documents as (
    select * from {{ ref('evidence_register') }}
),

debriefs as (
    select * from {{ ref('debrief_monthly') }}
    where scope_type = 'service'
),

waves as (
    select * from {{ ref('wellbeing_wave') }}
    where scope_type = 'service'
),

findings as (
    select grade from {{ ref('impact_its') }}
    union all
    select grade from {{ ref('impact_survival') }}
    union all
    select grade from {{ ref('impact_comparator') }}
),

{% set monthly = [
    ('retention_monthly', 'turnover_rate_12m', 'leavers_12m'),
    ('retention_monthly', 'agency_rate', 'agency_headcount'),
    ('recruitment_monthly', 'vacancy_rate', 'open_vacancies'),
    ('caseload_monthly', 'mean_caseload', 'case_holders'),
    ('absence_monthly', 'absence_rate', 'null'),
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
    from documents
    group by point
    union all
    select
        null as point,
        'debriefs_offered_share' as indicator,
        sum(offered) / nullif(sum(requested), 0) as value,
        sum(requested) as n
    from debriefs
    {%- for mart, column, n in monthly %}
    union all
    select
        null as point,
        '{{ column }}' as indicator,
        arg_max({{ column }}, month_end) as value,
        {{ 'null' if n == 'null' else 'arg_max(' ~ n ~ ', month_end)' }} as n
    from {{ ref(mart) }}
    where scope_type = 'service' and {{ column }} is not null
    {%- endfor %}
    union all
    -- Of the first score by name, where a wave has several: they are on scales of their own.
    select
        null as point,
        unnest(['wellbeing_mean_score', 'survey_response_rate']) as indicator,
        unnest([
            arg_max(mean_score, (wave_date, -scored)), arg_max(response_rate, (wave_date, -scored))
        ]) as value,
        arg_max(responses, (wave_date, -scored)) as n
    from (
        select
            *,
            dense_rank() over (order by instrument asc, subscale asc) as scored
        from waves
    )
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
