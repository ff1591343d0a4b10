-- Grain: one row per point of Principle 6 and document.
with documents as (
    select * from {{ ref('stg_evidence_register') }}
    where is_latest and not is_void
),

-- Judged by the data's own date and never by the clock: a rebuilt version says the same again.
snapshots as (
    select max(as_of) as judged_as_of
    from {{ ref('int_workforce__snapshots') }}
),

judged as (
    select
        cast(documents.point as integer) as point,
        documents.document,
        documents.owner_role,
        documents.dated,
        documents.review_date,
        documents.as_of as stated_as_of,
        snapshots.judged_as_of,
        case
            when documents.review_date is null then 'no_review_date'
            when documents.review_date < snapshots.judged_as_of then 'overdue'
            when snapshots.judged_as_of is not null then 'current'
        end as review_status
    from documents
    cross join snapshots
)

select * from judged
