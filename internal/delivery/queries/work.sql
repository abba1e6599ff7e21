-- name: AnyDue :one
SELECT EXISTS (SELECT 1 FROM delivery_chunk WHERE due > 0 AND due <= $1 AND batch NOT IN (
    SELECT b.id FROM delivery_brake k JOIN delivery_batch b ON b.account = k.account WHERE k.lifted_at = 0 AND b.finished = 0)
    AND batch NOT IN (SELECT b.id FROM delivery_held h JOIN delivery_batch b ON b.created <= h.at WHERE b.finished = 0));

-- name: DueIn :one
-- How many chunks of the batch are due, free or held by another worker.
SELECT count(*) FROM delivery_chunk WHERE batch = $1 AND due > 0 AND due <= $2;

-- name: NextMessages :many
-- The next few messages of a chunk that may be tried, in the order of persons.
SELECT person, attempts FROM delivery_message
WHERE batch = sqlc.arg(batch) AND person > sqlc.arg(after) AND person <= sqlc.arg(through)
    AND state IN ('waiting', 'later') AND next_at <= sqlc.arg(now)
ORDER BY person LIMIT sqlc.arg(most);

-- name: Settle :exec
-- An outcome other than sent never overwrites a final one.
UPDATE delivery_message SET state = $3, reason = $4, code = $5, attempts = $6, next_at = $7, changed = $8
WHERE batch = $1 AND person = $2 AND state IN ('waiting', 'later');

-- name: PutOffChunk :exec
-- The relay is down: waiting messages are deferred. This does not count as a try.
UPDATE delivery_message SET state = 'later', reason = sqlc.arg(reason), code = 0, next_at = sqlc.arg(next_at), changed = sqlc.arg(now)
WHERE batch = sqlc.arg(batch) AND person > sqlc.arg(after) AND person <= sqlc.arg(through)
    AND state = 'waiting' AND next_at <= sqlc.arg(now);

-- name: CloseChunk :exec
-- Returns the lease. The caller has just renewed it in another statement, so this one sees messages that others added
-- to the chunk before. due becomes the time of the next queued message, but not before not_before.
UPDATE delivery_chunk SET lease_until = 0, due = COALESCE((
    SELECT CASE WHEN MIN(m.next_at) < sqlc.arg(not_before) THEN sqlc.arg(not_before) ELSE MIN(m.next_at) END FROM delivery_message m
    WHERE m.batch = sqlc.arg(batch) AND m.person > sqlc.arg(after) AND m.person <= sqlc.arg(through)
        AND m.state IN ('waiting', 'later')), 0)
WHERE delivery_chunk.batch = sqlc.arg(batch) AND number = sqlc.arg(number) AND fence = sqlc.arg(fence);

-- name: DueNow :one
SELECT count(*) AS chunks, CAST(COALESCE(MIN(due), 0) AS bigint) AS oldest FROM delivery_chunk WHERE due > 0 AND due <= $1;

-- name: WaitsForDomains :one
-- Whether a chunk of the batch is deferred although some of its messages were never tried: that is what happens to
-- messages for a domain without room.
SELECT EXISTS (SELECT 1 FROM delivery_chunk c WHERE c.batch = sqlc.arg(batch) AND c.due > sqlc.arg(now) AND EXISTS (
    SELECT 1 FROM delivery_message m WHERE m.batch = sqlc.arg(batch) AND m.person > c.person_after AND m.person <= c.person_through
        AND m.state = 'waiting' AND m.next_at <= sqlc.arg(now)));
