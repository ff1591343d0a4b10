{#- What was worked out, and for the periods that a purge has closed the rows as they stood then.
    A row that has no closed one, of a team first named since, stays as it was worked out: nobody
    who was purged was ever in it. An area is another matter: one that was drawn since may
    be of teams that they were in, so in a closed period there are none but those of then.
    ``key``: what tells one row of the mart from another. The figures are written out, since dbt's
    unit tests know no other model's columns; a test holds them to what the models' YAML says. -#}
{% macro with_closed(mart, computed, key) -%}
    {%- set figures = {
        'retention_monthly': [
            'headcount', 'fte', 'starters', 'leavers', 'leavers_fte', 'voluntary_leavers',
            'retirements', 'transfers', 'unexplained_exits', 'leavers_12m', 'turnover_rate_12m',
            'stability_index_12m', 'early_leavers_12m', 'agency_headcount', 'agency_fte',
            'agency_rate',
        ],
        'absence_monthly': [
            'working_days_lost', 'stress_days_lost', 'working_days_available', 'absence_rate',
            'stress_share',
        ],
        'caseload_monthly': [
            'case_holders', 'cases', 'mean_caseload', 'p90_caseload',
        ],
        'recruitment_monthly': [
            'open_vacancies', 'vacant_fte', 'vacancy_rate', 'opened', 'filled', 'withdrawn',
            'median_days_to_offer_12m', 'median_days_to_start_12m', 'agency_covered_fte',
            'median_age_open_days',
        ],
        'participation_monthly': [
            'sessions_held', 'sessions_cancelled', 'invited', 'attended', 'attendance_rate',
            'staff_reached_84d', 'coverage_84d', 'groups_active', 'groups_on_cadence',
            'independent_facilitation_rate',
        ],
        'programme_fidelity': [
            'promised', 'observed', 'met', 'n',
        ],
        'retention_yearly_dfe': [
            'turnover_rate_fte', 'vacancy_rate_fte', 'agency_rate_fte', 'leavers_fte',
            'inpost_fte', 'vacant_fte', 'agency_fte', 'leavers_headcount', 'inpost_headcount',
        ],
        'wellbeing_wave': [
            'responses', 'mean_score', 'lower_95', 'upper_95', 'sd_score', 'response_rate',
            'share_low', 'share_middle', 'share_high',
        ],
        'int_board__retention': [
            'headcount', 'fte', 'starters', 'leavers', 'voluntary_leavers', 'retirements',
            'transfers', 'unexplained_exits', 'early_leavers_12m', 'mean_headcount_12m',
            'turnover_rate_12m',
        ],
        'int_board__retention_windows': [
            'scope_type', 'scope_name', 'unexplained_exits_12m', 'headcount_12m_before',
        ],
        'int_board__absence': [
            'period_kind', 'working_days_lost', 'stress_days_lost', 'working_days_available',
            'absence_rate', 'stress_share',
        ],
        'int_board__participation': [
            'period_kind', 'period', 'sessions_held', 'sessions_cancelled', 'invited',
            'attended', 'attendance_rate', 'share_under', 'share_norm', 'share_over_norm',
            'share_over_capacity', 'people', 'staff_reached_84d', 'coverage_84d',
            'groups_active', 'groups_on_cadence', 'independent_facilitation_rate',
        ],
    } -%}
    select * from {{ computed }}
    where not exists (
        select 1 from {{ ref('int_closing__rows') }} as closed
        where
            closed.mart = '{{ mart }}'
            {%- for column in key if column != 'scope_name' %}
            and closed.{{ column }} is not distinct from {{ computed }}.{{ column }}
            {%- endfor %}
            {%- if 'scope_name' in key %}
            and ({{ computed }}.scope_type = 'area' or closed.scope_name = {{ computed }}.scope_name)
            {%- endif %}
    )
    union all by name
    select {{ (key + figures[mart]) | join(', ') }}
    from {{ ref('int_closing__rows') }}
    where mart = '{{ mart }}'
{%- endmacro %}
