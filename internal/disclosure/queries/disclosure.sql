-- name: TakeDay :one
-- Locks the account's row of the day. The first question of the day inserts it.
INSERT INTO disclosure_day (account_id, day, account, spent, bands, alike, alarmed_at) VALUES ($1, $2, $3, 0, 0, 0, 0)
ON CONFLICT (account_id, day) DO UPDATE SET account = excluded.account
RETURNING spent, bands, alike, alarmed_at;

-- name: PutDay :exec
UPDATE disclosure_day SET spent = $3, bands = $4, alike = $5, alarmed_at = $6 WHERE account_id = $1 AND day = $2;

-- name: Asked :many
SELECT digest, banded, sketch FROM disclosure_asked WHERE account_id = $1 AND day = $2;

-- name: NoteAsked :exec
INSERT INTO disclosure_asked (account_id, day, digest, banded, sketch) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, day, digest) DO NOTHING;

-- name: ForgetAsked :exec
DELETE FROM disclosure_asked WHERE account_id = $1 AND day < $2;

-- name: ForgetDays :exec
DELETE FROM disclosure_day WHERE account_id = $1 AND day < $2 AND alarmed_at = 0;

-- name: Alarms :many
SELECT account, day, alike, alarmed_at FROM disclosure_day WHERE alarmed_at > $1 ORDER BY alarmed_at DESC LIMIT 20;

-- name: GetSettled :many
SELECT name, people, keys_sum FROM disclosure_settled;

-- name: Settle :exec
INSERT INTO disclosure_settled (name, people, keys_sum, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET people = excluded.people, keys_sum = excluded.keys_sum, since = excluded.since
WHERE disclosure_settled.people = sqlc.arg(was) AND disclosure_settled.keys_sum = sqlc.arg(was_keys);
