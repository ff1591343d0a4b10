-- What came, what waits for its key, and the version.
create table marts.load_summary as
with sources as (
    select table_name as source from duckdb_tables()
    where schema_name = 'lake' and table_name <> 'closed_months'
)
select
    source, max(as_of) filter (stands) as latest_as_of, count(*) filter (stands)::integer as files_loaded,
    count(*) filter (status = 'rejected')::integer as files_rejected,
    count(*) filter (status = 'superseded')::integer as files_superseded,
    coalesce(sum(rows_loaded) filter (stands), 0)::integer as rows_loaded,
    coalesce(sum(rows_quarantined), 0)::integer as rows_quarantined
from sources
left join (
    select *, status in ('loaded', 'partly_loaded') as stands
    from ops.load_manifest where read_again is not true
) using (source)
group by source;

create table ops.unmatched_rows as
with counted as (
    select 'group_sessions' as source, 'group_id' as key_name, count(*) as waiting
    from stated_sessions where group_id not in (select group_id from lake.groups)
    union all
    select 'group_attendance', 'session_id', count(*)
    from register where session_id not in (select session_id from stated_sessions)
    union all
    select 'group_attendance', 'employee_id', count(*)
    from register where staff_key not in (select staff_key from people)
    union all
    select source, 'session_id', count(*) filter (not is_session_known) from stays group by source
    union all
    select source, 'email', count(*) filter (staff_key is null) from stays group by source
)
select source, key_name, waiting::integer as rows from counted;

create table marts.release_info as
select version, latest as latest_hr_staff_as_of, built_at, (
    exists (from lake.hr_staff where row_status = 'good' and synthetic)
    or exists (from lake.hr_leavers where synthetic)
    or exists (from lake.hr_vacancies where synthetic)
    or exists (from lake.absence where synthetic)
    or exists (from lake.groups where synthetic)
    or exists (from lake.group_members where synthetic)
    or exists (from lake.group_sessions where synthetic)
    or exists (from lake.group_attendance where synthetic)
    or exists (
        from lake.attendance_teams inner join ops.load_manifest
            on file_sha256 = sha256 and attendance_teams.as_of = load_manifest.as_of
                and source = 'attendance_teams' and status in ('loaded', 'partly_loaded')
        where synthetic
    )
    or exists (
        from lake.attendance_zoom inner join ops.load_manifest
            on file_sha256 = sha256 and attendance_zoom.as_of = load_manifest.as_of
                and source = 'attendance_zoom' and status in ('loaded', 'partly_loaded')
        where synthetic
    )
    or exists (from lake.debriefs where synthetic)
    or exists (from lake.wellbeing_survey where synthetic)
    or exists (from lake.sword_results where synthetic)
    or exists (from lake.evidence_register where synthetic)
    or exists (from lake.csww_return where synthetic)
) as synthetic
from ops.build_info
cross join (select max(as_of) as latest from files where source = 'hr_staff' and stands);
