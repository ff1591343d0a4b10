{#- What each published rate is made of: its name, the count on top, the count below, whether the
    count on top is a part of the whole below (agency of agency and in post), and the days that each
    full-time equivalent could have worked, where the rate is one of days. -#}
{% macro dfe_rates() -%}
    {{ return([
        ('turnover_rate_fte', 'leavers_fte', 'inpost_fte', false, '1'),
        ('turnover_rate_headcount', 'leavers_headcount', 'inpost_headcount', false, '1'),
        ('agency_rate_fte', 'agency_fte', 'inpost_fte', true, '1'),
        ('agency_rate_headcount', 'agency_headcount', 'inpost_headcount', true, '1'),
        ('agency_cover_rate_fte', 'agency_cover_fte', 'agency_fte', false, '1'),
        ('vacancy_rate_fte', 'vacancy_fte', 'inpost_fte', true, '1'),
        ('vacancy_agency_cover_rate_fte', 'agency_cover_fte', 'vacancy_fte', false, '1'),
        ('caseload_fte', 'cases', 'case_holders_fte', false, '1'),
        ('absence_rate_fte', 'working_days_lost_fte', 'inpost_fte', false, 'working_days'),
    ]) }}
{%- endmacro %}

{#- How far a published count may lie from the true one: half of its last digit. Full-time
    equivalents and days have one decimal place, people and cases are counted whole. -#}
{% macro dfe_rounding(count) -%}
    {{ return('0.05' if count.endswith('_fte') else '0') }}
{%- endmacro %}
