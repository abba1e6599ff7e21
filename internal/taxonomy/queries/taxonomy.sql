-- name: ListCategories :many
SELECT * FROM taxonomy_category ORDER BY position, slug;

-- name: PutCategory :exec
INSERT INTO taxonomy_category (slug, name_it, name_en, code, origin, position, sensitive, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (slug) DO UPDATE SET
    name_it = excluded.name_it, name_en = excluded.name_en, code = excluded.code, origin = excluded.origin,
    position = excluded.position, sensitive = excluded.sensitive, retired = excluded.retired;

-- name: ListTopics :many
SELECT * FROM taxonomy_topic ORDER BY position, slug;

-- name: PutTopic :exec
INSERT INTO taxonomy_topic (slug, name_it, name_en, code, origin, position, sensitive, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (slug) DO UPDATE SET
    name_it = excluded.name_it, name_en = excluded.name_en, code = excluded.code, origin = excluded.origin,
    position = excluded.position, sensitive = excluded.sensitive, retired = excluded.retired;

-- name: ListPlaces :many
SELECT * FROM taxonomy_place ORDER BY position, slug;

-- name: PutPlace :exec
INSERT INTO taxonomy_place (slug, name_it, name_en, code, origin, position, sensitive, retired)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (slug) DO UPDATE SET
    name_it = excluded.name_it, name_en = excluded.name_en, code = excluded.code, origin = excluded.origin,
    position = excluded.position, sensitive = excluded.sensitive, retired = excluded.retired;
