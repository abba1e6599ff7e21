-- name: AnyDue :one
SELECT EXISTS (SELECT 1 FROM delivery_chunk WHERE due > 0 AND due <= $1);

-- name: DueIn :one
-- How many chunks of the batch are due: those that nobody holds and those that another worker holds.
SELECT count(*) FROM delivery_chunk WHERE batch = $1 AND due > 0 AND due <= $2;

-- name: NextMessages :many
-- The next few of a chunk that may be tried; the chunk's worker walks it by person.
SELECT person, attempts FROM delivery_message
WHERE batch = $1 AND chunk = $2 AND person > $3 AND state IN ('waiting', 'later') AND next_at <= $4
ORDER BY person LIMIT $5;

-- name: Settle :exec
-- An outcome other than sent never overwrites one that is final.
UPDATE delivery_message SET state = $3, reason = $4, code = $5, attempts = $6, next_at = $7, changed = $8
WHERE batch = $1 AND person = $2 AND state IN ('waiting', 'later');

-- name: PutOffChunk :exec
-- The relay is down: who waits is put off. The tries are not counted, for nothing of these messages was tried.
UPDATE delivery_message SET state = 'later', reason = $3, code = 0, next_at = $4, changed = $5
WHERE batch = $1 AND chunk = $2 AND state = 'waiting' AND next_at <= $5;

-- name: CloseChunk :exec
-- Gives the lease back. due becomes the time of what is still owed, not before $3. The caller holds the lease.
UPDATE delivery_chunk SET lease_until = 0, due = COALESCE((
    SELECT CASE WHEN MIN(m.next_at) < $3 THEN $3 ELSE MIN(m.next_at) END FROM delivery_message m
    WHERE m.batch = $1 AND m.chunk = $2 AND m.state IN ('waiting', 'later')), 0)
WHERE batch = $1 AND number = $2;
