-- Grain: one row per source that can be marked synthetic.
{{ config(materialized='view') }}

with flags as (
    select
        'hr_staff' as source,
        is_synthetic
    from {{ ref('stg_hr_staff') }}
    where is_good
    {%- for source in [
        'hr_leavers', 'hr_vacancies', 'absence', 'groups', 'group_members', 'group_sessions',
        'group_attendance', 'attendance_teams', 'attendance_zoom', 'debriefs', 'wellbeing_survey',
        'sword_results', 'evidence_register', 'csww_return',
    ] %}
    union all
    select
        '{{ source }}' as source,
        is_synthetic
    from {{ ref('stg_' ~ source) }}
    {%- endfor %}
),

judged as (
    select
        source,
        bool_or(is_synthetic) as is_synthetic
    from flags
    group by source
)

select * from judged
