-- Grain: one row per stay of a standing attendance_teams file.
with stays as (
    {{ meeting_stays(
        'attendance_teams', source('lake', 'attendance_teams'), source('ops', 'load_manifest')
    ) }}
)

select * from stays
