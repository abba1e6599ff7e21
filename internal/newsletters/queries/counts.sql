-- name: CountPlace :one
SELECT turn, database FROM newsletters_count_place WHERE id = 1;

-- name: HoldCounts :many
-- A writer of counts locks the place first, so that a second one waits for its transaction to end.
UPDATE newsletters_count_place SET turn = turn WHERE id = 1 RETURNING turn;

-- name: PutCountPlace :exec
INSERT INTO newsletters_count_place (id, turn, database) VALUES (1, $1, $2)
ON CONFLICT (id) DO UPDATE SET turn = excluded.turn, database = excluded.database;

-- name: DropCountRanges :exec
DELETE FROM newsletters_count_range;

-- name: DropCounts :exec
DELETE FROM newsletters_count;

-- name: AddCountRange :exec
INSERT INTO newsletters_count_range (first_id, last_id, counted) VALUES ($1, $2, false);

-- name: MarkCountRanges :exec
-- Ranges are adjacent: a person is in the last range that begins at or before her.
UPDATE newsletters_count_range SET counted = false
WHERE counted AND newsletters_count_range.first_id <= sqlc.arg(last) AND newsletters_count_range.first_id >= (
    SELECT max(b.first_id) FROM newsletters_count_range b WHERE b.first_id <= sqlc.arg(first));

-- name: NextUncounted :many
SELECT first_id, last_id FROM newsletters_count_range WHERE NOT counted ORDER BY first_id LIMIT 1;

-- name: CountRangeEnd :one
-- The last of the first so many persons of a range. A range without persons ends where it begins.
SELECT CAST(COALESCE(MAX(next.person_id), sqlc.arg(first)) AS bigint) AS through, count(*) AS people FROM (
    SELECT p.person_id FROM people_profile p WHERE p.person_id >= sqlc.arg(first) AND p.person_id <= sqlc.arg(last)
    ORDER BY p.person_id LIMIT sqlc.arg(most)) next;

-- name: EndCountRange :exec
UPDATE newsletters_count_range SET last_id = $2, counted = true WHERE first_id = $1;

-- name: ForgetCounts :exec
DELETE FROM newsletters_count WHERE first_id = $1;

-- name: CountSubscribers :many
-- The subscribers in a range of persons. A person subscribed on two channels counts once.
SELECT s.newsletter, count(*) AS people, CAST(sum(p.cell_key) AS bigint) AS cell_keys
FROM (SELECT DISTINCT m.person_id, m.newsletter FROM newsletters_subscription m
    WHERE m.person_id >= sqlc.arg(first) AND m.person_id <= sqlc.arg(last) AND m.ended_at = 0) s
JOIN people_profile p ON p.person_id = s.person_id AND p.person_id >= sqlc.arg(first) AND p.person_id <= sqlc.arg(last)
GROUP BY s.newsletter;
