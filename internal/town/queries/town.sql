-- name: GetTown :one
SELECT * FROM town_town WHERE id = 1;

-- name: PutTown :exec
INSERT INTO town_town (id, name, domain, languages, time_zone, region, changed_at, digest_daily, digest_weekly, most_a_week)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, domain = excluded.domain, languages = excluded.languages,
    time_zone = excluded.time_zone, region = excluded.region, changed_at = excluded.changed_at,
    digest_daily = excluded.digest_daily, digest_weekly = excluded.digest_weekly, most_a_week = excluded.most_a_week;
