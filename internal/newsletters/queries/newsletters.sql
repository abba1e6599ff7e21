-- name: ListNewsrooms :many
SELECT * FROM newsletters_newsroom ORDER BY slug;

-- name: ListNewsletters :many
SELECT * FROM newsletters_newsletter ORDER BY slug;

-- name: ListTopics :many
SELECT newsletter, topic FROM newsletters_topic ORDER BY newsletter, topic;

-- name: ListFor :many
SELECT newsletter, category FROM newsletters_for ORDER BY newsletter, category;

-- name: PutNewsroom :exec
INSERT INTO newsletters_newsroom (slug, name_it, name_en, kind, declared, closed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (slug) DO UPDATE SET name_it = excluded.name_it, name_en = excluded.name_en, kind = excluded.kind,
    declared = excluded.declared, closed = excluded.closed;

-- name: PutNewsletter :exec
INSERT INTO newsletters_newsletter (slug, newsroom, name_it, name_en, description_it, description_en, period, sender,
    reply_to, sensitive, declared, closed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (slug) DO UPDATE SET newsroom = excluded.newsroom, name_it = excluded.name_it, name_en = excluded.name_en,
    description_it = excluded.description_it, description_en = excluded.description_en, period = excluded.period,
    sender = excluded.sender, reply_to = excluded.reply_to, sensitive = excluded.sensitive,
    declared = excluded.declared, closed = excluded.closed;

-- name: ClearTopics :exec
DELETE FROM newsletters_topic WHERE newsletter = $1;

-- name: AddTopic :exec
INSERT INTO newsletters_topic (newsletter, topic) VALUES ($1, $2);

-- name: ClearFor :exec
DELETE FROM newsletters_for WHERE newsletter = $1;

-- name: AddFor :exec
INSERT INTO newsletters_for (newsletter, category) VALUES ($1, $2);
