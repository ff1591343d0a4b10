-- Grain: one row per reported month end but the first, and contract family.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

versions as (
    select
        *,
        lag(contract_family) over spell as family_before
    from {{ ref('int_workforce__spell_versions') }}
    window spell as (partition by staff_key, start_date order by valid_from asc)
),

spell_versions as (
    select
        versions.*,
        coalesce(spells.last_day, {{ far_future() }}) as last_day
    from versions
    inner join {{ ref('int_workforce__spells') }} as spells
        on versions.staff_key = spells.staff_key and versions.start_date = spells.start_date
    where coalesce(spells.last_day, {{ far_future() }}) >= versions.start_date
),

conversions as (
    select * from spell_versions
    where
        contract_family <> family_before
        and valid_from > start_date
        and valid_from <= last_day
),

-- Worked out from spells and versions alone, so that it checks the periods that the marts count by.
changes as (
    select
        'begun' as change,
        contract_family,
        start_date as changed_on
    from spell_versions
    where start_date >= valid_from and start_date < valid_before
    union all
    -- The last day is still in post: it is missed from the day after.
    select
        'ended' as change,
        contract_family,
        {{ plus_days('last_day', 1) }} as changed_on
    from spell_versions
    where last_day >= valid_from and last_day < valid_before
    union all
    select
        'converted_in' as change,
        contract_family,
        valid_from as changed_on
    from conversions
    union all
    select
        'converted_out' as change,
        family_before as contract_family,
        valid_from as changed_on
    from conversions
),

in_post as (
    select
        months.month_end,
        months.previous_month_end,
        families.contract_family,
        count(periods.staff_key) as in_post
    from months
    cross join (values ('employed'), ('agency')) as families (contract_family)
    left join {{ ref('int_workforce__periods') }} as periods
        on
            families.contract_family = periods.contract_family
            and months.month_end between periods.from_day and periods.to_day
    group by months.month_end, months.previous_month_end, families.contract_family
),

balance as (
    select
        in_post.month_end,
        in_post.contract_family,
        before.in_post as in_post_before,
        count(*) filter (where changes.change = 'begun') as begun,
        count(*) filter (where changes.change = 'ended') as ended,
        count(*) filter (where changes.change = 'converted_in')
        - count(*) filter (where changes.change = 'converted_out') as converted,
        in_post.in_post
    from in_post
    inner join in_post as before
        on
            in_post.previous_month_end = before.month_end
            and in_post.contract_family = before.contract_family
    left join changes
        on
            in_post.contract_family = changes.contract_family
            and in_post.previous_month_end < changes.changed_on
            and in_post.month_end >= changes.changed_on
    group by in_post.month_end, in_post.contract_family, before.in_post, in_post.in_post
)

select * from balance
