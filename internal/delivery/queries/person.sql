-- name: MessagesOf :many
SELECT b.origin, b.ref, b.channel, m.state, m.changed
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch
WHERE m.person = $1 ORDER BY m.changed, m.batch;

-- name: BatchesOf :many
SELECT batch FROM delivery_message WHERE person = $1;

-- name: ForgetMessage :exec
-- The count stands, the person does not: whoever is owed something is withdrawn.
UPDATE delivery_message SET person = sqlc.arg(nobody),
    state = CASE WHEN state IN ('waiting', 'later') THEN 'withdrawn' ELSE state END
WHERE batch = $1 AND person = $2;

-- name: ForgetNotes :exec
DELETE FROM delivery_note WHERE person = $1;
