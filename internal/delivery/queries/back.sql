-- name: InLedger :one
SELECT EXISTS (SELECT 1 FROM delivery_message WHERE batch = $1 AND person = $2);

-- name: IsNote :one
SELECT EXISTS (SELECT 1 FROM delivery_note WHERE id = $1);

-- name: NoteReturn :execrows
-- One row for a message and a kind: a repetition adds nothing, unless only it contains the address.
INSERT INTO delivery_return (batch, person, kind, digest, reason, status, at, lifted) VALUES ($1, $2, $3, $4, $5, $6, $7, false)
ON CONFLICT (batch, person, kind) DO UPDATE SET digest = excluded.digest
WHERE delivery_return.digest = '' AND excluded.digest <> '' AND NOT delivery_return.lifted;

-- name: SuppressFor :exec
-- The most severe reason wins, in any order: complaint, hard, soft.
INSERT INTO delivery_suppression (digest, reason, created) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO UPDATE SET reason = excluded.reason
WHERE excluded.reason = 'complaint' OR excluded.reason = 'hard' AND delivery_suppression.reason = 'soft';

-- name: SoftReturns :one
SELECT count(*) FROM delivery_return WHERE digest = $1 AND digest <> '' AND kind = 'soft' AND at > $2;

-- name: LiftReturns :exec
-- Earlier returns no longer count against the address.
UPDATE delivery_return SET digest = '', lifted = true WHERE digest = $1 AND digest <> '';

-- name: ReturnsIn :many
-- A message that was delayed, returned softly and then permanently counts once, as permanent.
SELECT u.kind, u.reason, CAST(SUM(u.messages) AS bigint) AS messages FROM (
    SELECT r.kind, r.reason, count(*) AS messages FROM delivery_return r
    WHERE r.batch = $1 AND r.kind <> 'gone' AND (r.kind NOT IN ('soft', 'delayed') OR NOT EXISTS (
        SELECT 1 FROM delivery_return h WHERE h.batch = r.batch AND h.person = r.person
            AND (h.kind = 'hard' OR h.kind = 'soft' AND r.kind = 'delayed')))
    GROUP BY r.kind, r.reason
    UNION ALL
    SELECT t.state, t.reason, t.messages FROM delivery_total t WHERE t.batch = $1 AND t.kind = 'return'
) u GROUP BY u.kind, u.reason ORDER BY u.kind, u.reason;

-- name: ReturnsOf :many
SELECT r.batch, r.kind, r.reason, r.at
FROM delivery_batch b CROSS JOIN delivery_return r WHERE r.batch = b.id AND r.person = $1 AND r.kind <> 'gone' ORDER BY r.at, r.batch, r.kind;

-- name: ForgetReturns :exec
UPDATE delivery_return SET person = sqlc.arg(nobody), digest = '' WHERE batch = $1 AND person = $2;

-- name: ForgetNoteReturns :exec
DELETE FROM delivery_return WHERE batch = 0 AND delivery_return.person IN (SELECT n.id FROM delivery_note n WHERE n.person = $1);

-- name: ReturnsByAccount :many
-- The returns to each account that is not stopped, since its brake was last released, and how many of them were
-- immediate refusals.
SELECT b.account, CAST(CASE r.kind WHEN 'complaint' THEN 'complaint' ELSE 'hard' END AS text) AS kind, count(*) AS returned,
    CAST(SUM(CASE r.kind WHEN 'gone' THEN 1 ELSE 0 END) AS bigint) AS refused, b.lifted_at
FROM delivery_return r JOIN (
    SELECT a.id, a.account, CAST(COALESCE((SELECT MAX(k.lifted_at) FROM delivery_brake k WHERE k.account = a.account), 0) AS bigint) AS lifted_at
    FROM delivery_batch a WHERE a.account <> ''
        AND NOT EXISTS (SELECT 1 FROM delivery_brake k WHERE k.account = a.account AND k.lifted_at = 0)) b ON b.id = r.batch
WHERE r.at > $1 AND r.at > b.lifted_at AND r.kind IN ('hard', 'gone', 'complaint')
GROUP BY b.account, b.lifted_at, CASE r.kind WHEN 'complaint' THEN 'complaint' ELSE 'hard' END ORDER BY b.account, kind DESC;

-- name: AcceptedSince :one
-- How many messages of the account the relay accepted since then; counting stops at most.
SELECT count(*) FROM (
    SELECT 1 FROM delivery_batch b CROSS JOIN delivery_message m
    WHERE b.account = sqlc.arg(account) AND (b.finished = 0 OR b.finished > sqlc.arg(since))
        AND m.batch = b.id AND m.state = 'sent' AND m.changed > sqlc.arg(since)
    LIMIT sqlc.arg(most)) taken;

-- name: Brake :exec
INSERT INTO delivery_brake (id, account, since, reason, returned, accepted, lifted_at, lifted_by)
VALUES ($1, $2, $3, $4, $5, $6, 0, '')
ON CONFLICT (account) WHERE lifted_at = 0 DO NOTHING;

-- name: BrakesHolding :many
SELECT * FROM delivery_brake WHERE lifted_at = 0 ORDER BY account;

-- name: LiftBrake :execrows
UPDATE delivery_brake SET lifted_at = $2, lifted_by = $3 WHERE account = $1 AND lifted_at = 0;

-- name: OweChunks :exec
-- Includes chunks that are due already: see ReopenChunks.
UPDATE delivery_chunk SET due = sqlc.arg(now)
WHERE delivery_chunk.batch = sqlc.arg(batch) AND EXISTS (
    SELECT 1 FROM delivery_message m WHERE m.batch = sqlc.arg(batch) AND m.state = 'later' AND m.next_at <= sqlc.arg(now)
        AND m.person > delivery_chunk.person_after AND m.person <= delivery_chunk.person_through);

-- name: ReopenFinished :execrows
UPDATE delivery_batch SET finished = 0 WHERE id = $1 AND finished > 0 AND cancelled = 0;

-- name: IsHeld :one
-- Whether the batch is stopped: by its account's brake, or by the hold after a restore.
SELECT EXISTS (SELECT 1 FROM delivery_batch b WHERE b.id = $1 AND (
    EXISTS (SELECT 1 FROM delivery_brake k WHERE k.account = b.account AND k.lifted_at = 0)
    OR EXISTS (SELECT 1 FROM delivery_held h WHERE b.created <= h.at)));
