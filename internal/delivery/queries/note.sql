-- name: PostNote :exec
INSERT INTO delivery_note (id, kind, person, to_address, to_name, from_address, from_name, language, subject,
    body_text, body_html, state, reason, code, attempts, due, created, changed, lease_until, fence, channel, expires)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting', '', 0, 0, $12, $13, $14, 0, 0, $15, $16);

-- name: AnyNoteDue :one
SELECT EXISTS (SELECT 1 FROM delivery_note WHERE due > 0 AND due <= $1
    AND NOT EXISTS (SELECT 1 FROM delivery_held h WHERE delivery_note.created <= h.at));

-- name: GetNote :one
SELECT * FROM delivery_note WHERE id = $1;

-- name: NotePerson :one
SELECT person FROM delivery_note WHERE id = $1;

-- name: NoteLater :exec
UPDATE delivery_note SET state = 'later', reason = $3, code = $4, attempts = $5, due = $6, changed = $7, lease_until = 0
WHERE id = $1 AND fence = $2;

-- name: NoteDone :exec
-- The note was sent or given up: its recipient and text are deleted.
UPDATE delivery_note SET state = $3, reason = $4, code = $5, attempts = $6, due = 0, changed = $7, lease_until = 0,
    to_address = '', to_name = '', subject = '', body_text = '', body_html = ''
WHERE id = $1 AND fence = $2;

-- name: CountNotes :many
SELECT state, count(*) AS notes FROM delivery_note GROUP BY state ORDER BY state;

-- name: ForgetNotesTo :exec
DELETE FROM delivery_note WHERE due > 0 AND to_address = $1;
