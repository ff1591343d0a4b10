-- Grain: one row per stay of a standing attendance_zoom file.
with stays as (
    {{ meeting_stays(
        'attendance_zoom', source('lake', 'attendance_zoom'), source('ops', 'load_manifest')
    ) }}
)

select * from stays
