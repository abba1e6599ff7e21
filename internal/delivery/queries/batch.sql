-- name: PutBatch :exec
-- Makes the batch, or does nothing: then it is there already.
INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0)
ON CONFLICT (origin, ref, channel) DO NOTHING;

-- name: FindBatch :one
SELECT * FROM delivery_batch WHERE origin = $1 AND ref = $2 AND channel = $3;

-- name: GetBatch :one
SELECT * FROM delivery_batch WHERE id = $1;

-- name: CountMessages :one
SELECT count(*) FROM delivery_message WHERE batch = $1;

-- name: NextChunk :one
SELECT CAST(COALESCE(MAX(number) + 1, 0) AS bigint) FROM delivery_chunk WHERE batch = $1;

-- name: AddChunks :exec
INSERT INTO delivery_chunk (batch, number, due, lease_until, fence)
SELECT DISTINCT m.batch, m.chunk, m.next_at, CAST(0 AS bigint), CAST(0 AS bigint)
FROM delivery_message m WHERE m.batch = $1 AND m.chunk >= $2;

-- name: ReopenBatch :exec
UPDATE delivery_batch SET finished = 0, cancelled = 0 WHERE id = $1;

-- name: FinishBatch :execrows
-- A chunk keeps its due while it is leased, so this is true only when no worker holds anything of the batch either.
UPDATE delivery_batch SET finished = $2
WHERE id = $1 AND finished = 0 AND NOT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = $1 AND c.due > 0);

-- name: BatchesToFinish :many
-- Batches whose last chunk was closed by a worker that died before it could say so.
SELECT b.id FROM delivery_batch b
WHERE b.finished = 0 AND NOT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = b.id AND c.due > 0);

-- name: RetryMessagesNow :exec
UPDATE delivery_message SET next_at = $2 WHERE batch = $1 AND state = 'later';

-- name: RetryChunksNow :exec
UPDATE delivery_chunk SET due = $2 WHERE batch = $1 AND due > $2;

-- name: CancelMessages :execrows
UPDATE delivery_message SET state = 'cancelled', changed = $2 WHERE batch = $1 AND state IN ('waiting', 'later');

-- name: CancelBatch :exec
UPDATE delivery_batch SET cancelled = $2 WHERE id = $1;

-- name: CancelChunks :exec
-- A chunk that a worker holds is left to it: it will find nothing more to send, and close.
UPDATE delivery_chunk SET due = 0 WHERE batch = $1 AND lease_until = 0;

-- name: Counts :many
SELECT state, reason, count(*) AS messages, CAST(sum(CASE WHEN attempts > 1 THEN 1 ELSE 0 END) AS bigint) AS retried
FROM delivery_message WHERE batch = $1 GROUP BY state, reason ORDER BY state, reason;
