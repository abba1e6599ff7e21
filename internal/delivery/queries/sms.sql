-- name: PutPart :one
-- A receipt that came first is taken over by its message. If a gateway reuses an id, it means the newer message.
INSERT INTO delivery_sms_part (id, batch, person, state, reason, changed, digest) VALUES ($1, $2, $3, 'sent', '', $4, $5)
ON CONFLICT (id) DO UPDATE SET
    state = CASE WHEN delivery_sms_part.person = 0 OR delivery_sms_part.batch = excluded.batch AND delivery_sms_part.person = excluded.person
        THEN delivery_sms_part.state ELSE 'sent' END,
    reason = CASE WHEN delivery_sms_part.person = 0 OR delivery_sms_part.batch = excluded.batch AND delivery_sms_part.person = excluded.person
        THEN delivery_sms_part.reason ELSE '' END,
    batch = excluded.batch, person = excluded.person, changed = excluded.changed, digest = excluded.digest
RETURNING state, reason;

-- name: PartReader :one
SELECT batch, person FROM delivery_sms_part WHERE id = $1;

-- name: TakeReceipt :one
-- A final state stays.
UPDATE delivery_sms_part SET state = $2, reason = $3, changed = $4 WHERE id = $1 AND state = 'sent'
RETURNING batch, person, digest;

-- name: KeepReceipt :one
-- Keeps a limited number of receipts of messages that are not known yet. A message that is being recorded at this
-- moment gets the receipt like any other.
INSERT INTO delivery_sms_part (id, batch, person, state, reason, changed)
SELECT CAST(sqlc.arg(id) AS text), 0, 0, CAST(sqlc.arg(state) AS text), CAST(sqlc.arg(reason) AS text), CAST(sqlc.arg(changed) AS bigint)
WHERE (SELECT count(*) FROM delivery_sms_part p WHERE p.batch = 0 AND p.person = 0) < CAST(sqlc.arg(most) AS bigint)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, reason = excluded.reason, changed = excluded.changed
WHERE delivery_sms_part.state = 'sent'
RETURNING batch, person, digest;

-- name: CountReceipts :one
-- A message is delivered if all its parts are, and undelivered if one is.
SELECT CAST(COALESCE(SUM(CASE WHEN m.failed = 0 AND m.arrived = m.parts THEN m.messages ELSE 0 END), 0) AS bigint) AS delivered,
    CAST(COALESCE(SUM(CASE WHEN m.failed > 0 THEN m.messages ELSE 0 END), 0) AS bigint) AS undelivered
FROM (
    SELECT 1 AS messages, count(*) AS parts, SUM(CASE WHEN p.state = 'delivered' THEN 1 ELSE 0 END) AS arrived,
        SUM(CASE WHEN p.state = 'undelivered' THEN 1 ELSE 0 END) AS failed
    FROM delivery_sms_part p WHERE p.batch = $1 GROUP BY p.person
    UNION ALL
    SELECT t.messages, 1, CASE WHEN t.state = 'delivered' THEN 1 ELSE 0 END, CASE WHEN t.state = 'undelivered' THEN 1 ELSE 0 END
    FROM delivery_total t WHERE t.batch = $1 AND t.kind = 'receipt'
) m;

-- name: ForgetNoteParts :exec
DELETE FROM delivery_sms_part
WHERE batch = 0 AND delivery_sms_part.person IN (SELECT n.id FROM delivery_note n WHERE n.person = $1);

-- name: PartsOf :many
SELECT id FROM delivery_sms_part WHERE batch = $1 AND person = $2;

-- name: ForgetPart :exec
UPDATE delivery_sms_part SET id = sqlc.arg(nothing), person = sqlc.arg(nobody), digest = '' WHERE id = sqlc.arg(id);

-- name: SweepReceipts :execrows
DELETE FROM delivery_sms_part WHERE batch = 0 AND changed < $1;

-- name: SweepAnswers :execrows
DELETE FROM delivery_sms_answer WHERE at < $1;

-- name: MayAnswer :execrows
-- Records that the number is answered now, unless it was answered after a time.
INSERT INTO delivery_sms_answer (digest, command, at) VALUES (sqlc.arg(digest), sqlc.arg(command), sqlc.arg(now))
ON CONFLICT (digest, command) DO UPDATE SET at = excluded.at WHERE delivery_sms_answer.at <= CAST(sqlc.arg(since) AS bigint);

-- name: LiftFor :exec
DELETE FROM delivery_suppression WHERE digest = $1 AND reason = $2;

-- name: SuppressedExcept :one
SELECT EXISTS (SELECT 1 FROM delivery_suppression WHERE digest = $1 AND reason <> $2);
