-- Grain: one row per spell and issue that HR should look at.
with spells as (
    select * from {{ ref('int_workforce__spells') }}
),

vanished as (
    select
        'vanished_without_leaver_record' as issue,
        staff_key,
        start_date,
        'Last in the snapshot of ' || last_day || ', not in that of ' || next_as_of
        || ', and no leaver record says why.' as detail,
        next_as_of as as_of
    from spells
    where exit_kind = 'unexplained'
),

in_post_after_leaving as (
    select
        'in_post_after_leaving' as issue,
        staff_key,
        start_date,
        'The leaver record ends the spell on ' || leaving_date || ', yet the snapshot of '
        || last_held_as_of || ' still holds it.' as detail,
        last_held_as_of as as_of
    from spells
    where exit_kind = 'leaver' and last_held_as_of > leaving_date
),

leaver_never_in_post as (
    select
        'leaver_never_in_post' as issue,
        staff_key,
        start_date,
        'A leaver record names this spell, and no snapshot ever held it.' as detail,
        record_as_of as as_of
    from spells
    where matched_by = 'nothing'
),

start_date_differs as (
    select
        'start_date_differs' as issue,
        staff_key,
        start_date,
        'A leaver record with another start date was taken for this spell, the only one that it '
        || 'can mean.' as detail,
        record_as_of as as_of
    from spells
    where matched_by = 'leaving_date'
),

issues as (
    select * from vanished
    union all
    select * from in_post_after_leaving
    union all
    select * from leaver_never_in_post
    union all
    select * from start_date_differs
)

select * from issues
