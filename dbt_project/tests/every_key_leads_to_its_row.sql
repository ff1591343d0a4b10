-- Fails with a row for each key of a mart that the table it leads to does not have. One test for
-- all, since each costs a night as much as a model; what has a test of its own is not here.
-- Left out is what may lie outside the reported months, or name what HR's files do not: days of
-- sessions and of charts' points, waves of surveys, years of the census and of the Department's,
-- scopes of vacancies, debriefs and surveys, and the authorities of the neighbours' lists.
-- It warns: a key without its row is ours to mend, and no reason to hold the other figures back.
{{ config(severity='warn') }}
{%- set month = [['month_end'], 'int_workforce__months', ['month_end']] %}
{%- set group = [['group_id'], 'int_participation__groups', ['group_id']] %}
{%- set scope = ['scope_type', 'scope_name'] %}
{%- set scopes = [scope, 'int_workforce__scope_months', scope] %}
{%- set year = [['year'], 'csww_conformance', ['year']] %}
{%- set figure = ['release_as_of', 'year', 'indicator'] %}
{%- set release = 'release_as_of' %}
{%- set leads = [
    ['absence_monthly'] + month,
    ['caseload_monthly'] + month,
    ['debrief_monthly'] + month,
    ['participation_monthly'] + month,
    ['recruitment_monthly'] + month,
    ['programme_fidelity'] + month,
    ['comparison_windows', ['first_month_end'], 'int_workforce__months', ['month_end']],
    ['comparison_windows', ['last_month_end'], 'int_workforce__months', ['month_end']],
    ['participation_session'] + group,
    ['group_cadence'] + group,
    ['retention_monthly'] + scopes,
    ['absence_monthly'] + scopes,
    ['caseload_monthly'] + scopes,
    ['participation_monthly'] + scopes,
    ['csww_staff'] + year,
    ['csww_leavers'] + year,
    ['csww_vacancies'] + year,
    ['csww_return_check'] + year,
    ['dfe_conformance', figure, 'dfe_benchmark', figure],
    ['benchmark_standing', figure + ['old_la_code'], 'dfe_benchmark', figure + ['old_la_code']],
    ['benchmark_standing', ['model'], 'statistical_neighbours', ['model']],
    ['dfe_revisions', ['release_before'], 'dfe_benchmark', [release]],
    ['dfe_revisions', ['release_after'], 'dfe_benchmark', [release]],
    ['evidence_register', ['point'], 'principle_6', ['point']],
    ['unmatched_rows', ['source'], 'load_summary', ['source']],
] %}
with lost as (
    {%- for mart, columns, table, keys in leads %}
    select distinct
        '{{ mart }}' as mart,
        '{{ columns | join(', ') }}' as column_name,
        concat_ws(', ', mart_rows.{{ columns | join(', mart_rows.') }}) as key
    from {{ ref(mart) }} as mart_rows
    where
        -- Without a month stands what is told to date.
        mart_rows.{{ columns[0] }} is not null
        and not exists (
            select 1 from {{ ref(table) }} as there
            where
                (mart_rows.{{ columns | join(', mart_rows.') }})
                = (there.{{ keys | join(', there.') }})
        )
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select
    mart,
    column_name,
    key
from lost
