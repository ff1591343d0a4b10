-- Grain: one row per spell and stretch of days in post with the same attributes, both ends in post.
with spells as (
    select
        staff_key,
        start_date,
        count(*) over (partition by staff_key) = 1 as is_only_spell,
        coalesce(last_day, {{ far_future() }}) as in_post_until
    from {{ ref('int_workforce__spells') }}
),

versions as (
    select * from {{ ref('int_workforce__spell_versions') }}
),

clipped as (
    select
        versions.staff_key,
        versions.start_date,
        greatest(versions.start_date, versions.valid_from) as from_day,
        least(spells.in_post_until, {{ plus_days('versions.valid_before', -1) }}) as to_day,
        spells.in_post_until,
        spells.is_only_spell,
        versions.team,
        versions.job_role,
        versions.is_social_worker,
        versions.contract_family,
        versions.fte
    from versions
    inner join spells
        on versions.staff_key = spells.staff_key and versions.start_date = spells.start_date
),

in_post as (
    -- Someone who signed, never began and is gone has no day in post.
    select * from clipped
    where from_day <= to_day
)

select * from in_post
