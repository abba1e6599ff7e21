-- name: PersonAhead :one
SELECT id FROM people_person WHERE id > sqlc.arg(after) ORDER BY id LIMIT 1 OFFSET CAST(sqlc.arg(passed) AS bigint);
