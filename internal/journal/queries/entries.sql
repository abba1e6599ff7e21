-- name: AddEntry :exec
INSERT INTO journal_entry (id, noted_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING;

-- name: EntriesFrom :many
SELECT id FROM journal_entry WHERE id >= sqlc.arg(first) AND id <= sqlc.arg(last);

-- name: SweepEntries :exec
DELETE FROM journal_entry WHERE noted_at < $1;
