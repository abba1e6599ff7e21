-- name: MessagesInTime :exec
-- Only messages of chunks that are due too late: the ledger has no index by time.
UPDATE delivery_message SET next_at = sqlc.arg(now)
WHERE next_at > sqlc.arg(latest) AND state IN ('waiting', 'later') AND EXISTS (
    SELECT 1 FROM delivery_chunk c WHERE c.batch = delivery_message.batch AND c.due > sqlc.arg(latest)
        AND delivery_message.person > c.person_after AND delivery_message.person <= c.person_through)
    AND batch IN (SELECT d.batch FROM delivery_chunk d WHERE d.due > sqlc.arg(latest));

-- name: ChunksInTime :execrows
UPDATE delivery_chunk SET due = sqlc.arg(now) WHERE due > sqlc.arg(latest);

-- name: NotesInTime :execrows
UPDATE delivery_note SET due = sqlc.arg(now) WHERE due > sqlc.arg(latest);
