-- Grain: one row per spell of service, and one per leaver record that fits none.
with spells as (
    select * from {{ ref('int_workforce__spells') }}
),

shown as (
    select
        staff_key,
        start_date,
        last_day,
        exit_kind,
        -- Two reasons that say too much of one person to be read beside a key.
        case
            when exit_kind = 'leaver' and leaving_reason in ('death_in_service', 'dismissal')
                then 'other'
            when exit_kind = 'leaver' then leaving_reason
        end as leaving_reason,
        case when exit_kind = 'leaver' then destination end as destination,
        team,
        job_role,
        is_social_worker,
        contract_type,
        cast(fte as double) as fte
    from spells
)

select * from shown
