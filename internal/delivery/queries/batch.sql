-- name: PutBatch :exec
-- Creates the batch; an existing one is filled again, unless it is folded. Either way it is locked until the end of the
-- transaction.
INSERT INTO delivery_batch (id, origin, ref, channel, created, at, cancelled, finished, filled, account)
VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7)
ON CONFLICT (origin, ref, channel) DO UPDATE SET
    filled = CASE WHEN delivery_batch.folded > 0 THEN delivery_batch.filled ELSE 0 END;

-- name: FindBatch :one
SELECT * FROM delivery_batch WHERE origin = $1 AND ref = $2 AND channel = $3;

-- name: GetBatch :one
SELECT * FROM delivery_batch WHERE id = $1;

-- name: CountMessages :one
SELECT CAST((SELECT count(*) FROM delivery_message m WHERE m.batch = $1)
    + COALESCE((SELECT SUM(t.messages) FROM delivery_total t WHERE t.batch = $1 AND t.kind = 'message'), 0) AS bigint);

-- name: Filled :exec
UPDATE delivery_batch SET filled = $2 WHERE id = $1;

-- name: ReopenBatch :exec
UPDATE delivery_batch SET finished = 0, cancelled = 0 WHERE id = $1;

-- name: LastChunk :one
-- The number and the end of the batch's last chunk; -1 and 0 if it has none.
SELECT CAST(COALESCE(MAX(number), -1) AS bigint) AS number, CAST(COALESCE(MAX(person_through), 0) AS bigint) AS person_through
FROM delivery_chunk WHERE batch = $1;

-- name: ChunkEnd :one
-- The last person of the chunk of a given size that begins after a person; 0 if nobody comes after her.
SELECT CAST(COALESCE(MAX(next.person), 0) AS bigint) FROM (
    SELECT m.person FROM delivery_message m WHERE m.batch = sqlc.arg(batch) AND m.person > sqlc.arg(person_after)
    ORDER BY m.person LIMIT sqlc.arg(size)) next;

-- name: AddChunk :exec
INSERT INTO delivery_chunk (batch, number, person_after, person_through, due, lease_until, fence)
VALUES ($1, $2, $3, $4, $5, 0, 0);

-- name: ReopenChunks :exec
-- The existing chunks to which a step added somebody. The update also touches chunks that are due already: a worker
-- that is about to close one waits for this transaction and then sees the new messages.
UPDATE delivery_chunk SET due = CASE WHEN due = 0 OR due > sqlc.arg(due) THEN sqlc.arg(due) ELSE due END
WHERE delivery_chunk.batch = sqlc.arg(batch) AND number <= sqlc.arg(last_number)
    AND person_after < sqlc.arg(person_through) AND person_through > sqlc.arg(person_after)
    AND EXISTS (SELECT 1 FROM delivery_message m WHERE m.batch = sqlc.arg(batch) AND m.state = 'waiting'
        AND m.person > delivery_chunk.person_after AND m.person <= delivery_chunk.person_through);

-- name: WakeChunkOf :exec
-- Makes the person's chunk due by then at the latest. It also touches a chunk that is due already: see ReopenChunks.
UPDATE delivery_chunk SET due = CASE WHEN due = 0 OR due > sqlc.arg(due) THEN sqlc.arg(due) ELSE due END
WHERE delivery_chunk.batch = sqlc.arg(batch) AND person_after < sqlc.arg(person) AND person_through >= sqlc.arg(person);

-- name: AnyToFill :one
SELECT EXISTS (SELECT 1 FROM delivery_batch b WHERE b.finished = 0 AND b.cancelled = 0 AND b.filled < 9223372036854775807
    AND NOT EXISTS (SELECT 1 FROM delivery_brake k WHERE k.account = b.account AND k.lifted_at = 0));

-- name: HoldBatch :exec
-- Locks the batch until the end of the transaction: nobody fills, finishes or cancels it meanwhile.
UPDATE delivery_batch SET filled = filled WHERE id = $1;

-- name: HoldFilled :execrows
-- The same for a batch that may be finished.
UPDATE delivery_batch SET finished = 0
WHERE id = $1 AND finished = 0 AND (filled = 9223372036854775807 OR cancelled > 0);

-- name: FinishBatch :execrows
-- A chunk keeps its due while it is leased, so this is true only if no worker holds any of the batch's chunks.
UPDATE delivery_batch SET finished = $2
WHERE id = $1 AND finished = 0 AND (filled = 9223372036854775807 OR cancelled > 0)
    AND NOT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = $1 AND c.due > 0);

-- name: BatchesToFinish :many
-- Batches whose last chunk was closed by a worker that died before it could finish them.
SELECT b.id FROM delivery_batch b
WHERE b.finished = 0 AND (b.filled = 9223372036854775807 OR b.cancelled > 0)
    AND NOT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = b.id AND c.due > 0);

-- name: RetryMessagesNow :exec
UPDATE delivery_message SET next_at = $2 WHERE batch = $1 AND state = 'later';

-- name: RetryChunksNow :exec
UPDATE delivery_chunk SET due = $2 WHERE batch = $1 AND due > 0;

-- name: CancelMessages :execrows
UPDATE delivery_message SET state = 'cancelled', changed = $2 WHERE batch = $1 AND state IN ('waiting', 'later');

-- name: CancelBatch :exec
UPDATE delivery_batch SET cancelled = $2 WHERE id = $1;

-- name: CancelChunks :exec
-- A leased chunk is left to its worker, which finds nothing more to send and closes it.
UPDATE delivery_chunk SET due = 0 WHERE batch = $1 AND lease_until = 0;

-- name: Counts :many
-- The two states that nearly all messages have, and that have no reason, are counted separately: to group them with the
-- others SQLite would sort all rows in memory.
SELECT u.state, u.reason, CAST(SUM(u.messages) AS bigint) AS messages, CAST(SUM(u.retried) AS bigint) AS retried FROM (
    SELECT 'sent' AS state, '' AS reason, count(*) AS messages, count(*) FILTER (WHERE m.attempts > 1) AS retried
    FROM delivery_message m WHERE m.batch = $1 AND m.state = 'sent'
    UNION ALL
    SELECT 'waiting', '', count(*), count(*) FILTER (WHERE m.attempts > 1)
    FROM delivery_message m WHERE m.batch = $1 AND m.state = 'waiting'
    UNION ALL
    SELECT m.state, m.reason, count(*), count(*) FILTER (WHERE m.attempts > 1)
    FROM delivery_message m WHERE m.batch = $1 AND m.state NOT IN ('sent', 'waiting') GROUP BY m.state, m.reason
    UNION ALL
    SELECT t.state, t.reason, t.messages, t.retried FROM delivery_total t WHERE t.batch = $1 AND t.kind = 'message'
) u GROUP BY u.state, u.reason ORDER BY u.state, u.reason;

-- name: Unfinished :one
SELECT EXISTS (SELECT 1 FROM delivery_batch WHERE origin = $1 AND ref = $2 AND finished = 0);
