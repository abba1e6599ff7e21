-- name: CloseBatches :execrows
-- Closes the batches that were finished before a time, unless they have a return after another time.
UPDATE delivery_batch SET folded = sqlc.arg(now)
WHERE folded = 0 AND finished > 0 AND finished <= sqlc.arg(finished_before)
    AND NOT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = delivery_batch.id AND c.due > 0)
    AND NOT EXISTS (SELECT 1 FROM delivery_return r WHERE r.batch = delivery_batch.id AND r.at > sqlc.arg(returned_after));

-- name: BatchesToFold :many
-- The closed batches that still have rows. It reads each closed batch's tables once, by their keys.
SELECT b.id, b.origin, b.ref FROM delivery_batch b
WHERE b.folded > 0 AND (EXISTS (SELECT 1 FROM delivery_message m WHERE m.batch = b.id)
    OR EXISTS (SELECT 1 FROM delivery_return r WHERE r.batch = b.id)
    OR EXISTS (SELECT 1 FROM delivery_sms_part p WHERE p.batch = b.id)
    OR EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = b.id))
ORDER BY b.id;

-- name: TakeMessages :many
-- Counts exactly the rows that it deletes, whoever changes rows of the range meanwhile.
DELETE FROM delivery_message WHERE batch = sqlc.arg(batch) AND person > sqlc.arg(after) AND person <= sqlc.arg(through)
RETURNING state, reason, attempts, changed;

-- name: TakeReturns :many
DELETE FROM delivery_return WHERE batch = sqlc.arg(batch) AND person > sqlc.arg(after) AND person <= sqlc.arg(through)
RETURNING person, kind, reason;

-- name: TakeParts :many
DELETE FROM delivery_sms_part WHERE batch = sqlc.arg(batch) AND person > sqlc.arg(after) AND person <= sqlc.arg(through)
RETURNING person, state;

-- name: DropChunks :exec
DELETE FROM delivery_chunk WHERE batch = $1;

-- name: AddTotal :exec
INSERT INTO delivery_total (batch, kind, state, reason, hour, messages, retried) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (batch, kind, state, reason, hour) DO UPDATE SET
    messages = delivery_total.messages + excluded.messages, retried = delivery_total.retried + excluded.retried;

-- name: DropNoteReturns :execrows
DELETE FROM delivery_return
WHERE delivery_return.batch = 0 AND delivery_return.at <= sqlc.arg(before) AND delivery_return.person IN (
    SELECT r.person FROM delivery_return r WHERE r.batch = 0 AND r.at <= sqlc.arg(before) ORDER BY r.person LIMIT sqlc.arg(most));

-- name: DropNotes :execrows
-- Finished notes. One with returns is needed to forget these by.
DELETE FROM delivery_note WHERE id IN (
    SELECT n.id FROM delivery_note n WHERE n.due = 0 AND n.changed <= sqlc.arg(before)
        AND NOT EXISTS (SELECT 1 FROM delivery_return r WHERE r.batch = 0 AND r.person = n.id)
    ORDER BY n.id LIMIT sqlc.arg(most));

-- name: FoldingTime :one
SELECT at FROM delivery_folding WHERE id = 1;

-- name: BeginFoldingTime :exec
INSERT INTO delivery_folding (id, at) VALUES (1, $1) ON CONFLICT (id) DO NOTHING;

-- name: MoveFoldingTime :exec
-- If two nodes move it at once, one of them does.
UPDATE delivery_folding SET at = sqlc.arg(to_time) WHERE id = 1 AND at = sqlc.arg(from_time);

-- name: MendBatchTimes :execrows
-- Batches that finished while the clock ran ahead are taken to have finished now.
UPDATE delivery_batch SET finished = sqlc.arg(now) WHERE folded = 0 AND finished > sqlc.arg(latest);

-- name: MendReturnTimes :execrows
UPDATE delivery_return SET at = sqlc.arg(now) WHERE at > sqlc.arg(latest);

-- name: MendNoteTimes :execrows
UPDATE delivery_note SET changed = sqlc.arg(now) WHERE due = 0 AND changed > sqlc.arg(latest);
