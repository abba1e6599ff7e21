-- name: MessagesOf :many
SELECT m.batch, b.origin, b.ref, b.channel, m.state, m.changed
FROM delivery_batch b CROSS JOIN delivery_message m -- batch by batch: SQLite keeps the order of a CROSS JOIN
WHERE m.batch = b.id AND m.person = $1 ORDER BY m.changed, m.batch;

-- name: BatchesOf :many
SELECT m.batch FROM delivery_batch b CROSS JOIN delivery_message m WHERE m.batch = b.id AND m.person = $1;

-- name: ForgetMessage :exec
-- Keeps the count without the person; a queued message is withdrawn.
UPDATE delivery_message SET person = sqlc.arg(nobody),
    state = CASE WHEN state IN ('waiting', 'later') THEN 'withdrawn' ELSE state END
WHERE batch = $1 AND person = $2;

-- name: ForgetNotes :exec
DELETE FROM delivery_note WHERE person = $1;

-- name: ForgetChunkEnds :exec
-- A chunk that ended with her now ends before her: nobody else is in between.
UPDATE delivery_chunk SET person_through = CASE WHEN person_through = sqlc.arg(person) THEN person_through - 1 ELSE person_through END,
    person_after = CASE WHEN person_after = sqlc.arg(person) THEN person_after - 1 ELSE person_after END
WHERE batch = sqlc.arg(batch) AND (person_through = sqlc.arg(person) OR person_after = sqlc.arg(person));

-- name: ForgetFilled :exec
UPDATE delivery_batch SET filled = filled - 1 WHERE filled = sqlc.arg(person);
