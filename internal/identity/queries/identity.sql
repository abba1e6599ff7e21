-- name: InsertStaff :exec
INSERT INTO identity_staff (id, email, name, role, password_hash, active, created_at, signed_in_at)
VALUES ($1, $2, $3, $4, $5, true, $6, 0);

-- name: StaffByEmail :one
SELECT * FROM identity_staff WHERE email = $1;

-- name: StaffByID :one
SELECT * FROM identity_staff WHERE id = $1;

-- name: AllStaff :many
SELECT * FROM identity_staff ORDER BY active DESC, name, email;

-- name: UpdateStaff :exec
-- $5 is 1 if the account is deactivated: its sessions end for good.
UPDATE identity_staff SET name = $2, role = $3, active = $4, generation = generation + $5 WHERE id = $1;

-- name: SetPassword :exec
UPDATE identity_staff SET password_hash = $2 WHERE id = $1;

-- name: SignedIn :exec
UPDATE identity_staff SET signed_in_at = $2 WHERE id = $1;

-- name: ActiveAdministrators :one
SELECT count(*) FROM identity_staff WHERE role = 'administrator' AND active AND id <> $1;

-- name: AddNewsroom :exec
INSERT INTO identity_staff_newsroom (staff_id, newsroom) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ClearNewsrooms :exec
DELETE FROM identity_staff_newsroom WHERE staff_id = $1;

-- name: NewsroomsOf :many
SELECT newsroom FROM identity_staff_newsroom WHERE staff_id = $1 ORDER BY newsroom;

-- name: AllNewsrooms :many
SELECT staff_id, newsroom FROM identity_staff_newsroom ORDER BY newsroom;

-- name: Session :one
SELECT data FROM identity_session WHERE token_hash = $1 AND expires_at > $2;

-- name: SaveSession :exec
INSERT INTO identity_session (token_hash, data, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at;

-- name: DeleteSession :exec
DELETE FROM identity_session WHERE token_hash = $1;

-- name: DeleteOldSessions :exec
DELETE FROM identity_session WHERE expires_at <= $1;

-- name: InsertToken :exec
INSERT INTO identity_token (id, token_hash, label, role, newsroom, created_at, expires_at, ended_at, owner_id, created_by, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 0);

-- name: TokenByHash :one
SELECT * FROM identity_token WHERE token_hash = $1 AND ended_at = 0 AND expires_at > $2;

-- name: TouchToken :exec
UPDATE identity_token SET used_at = $2 WHERE id = $1 AND used_at < $3;

-- name: Tokens :many
-- All tokens, or those of one account; the newest first.
SELECT * FROM identity_token WHERE owner_id = $1 OR $1 = 0 ORDER BY id DESC;

-- name: TokenByID :one
SELECT * FROM identity_token WHERE id = $1;

-- name: EndToken :execrows
UPDATE identity_token SET ended_at = $2 WHERE id = $1 AND ended_at = 0;

-- name: EndTokensOf :exec
UPDATE identity_token SET ended_at = $2 WHERE owner_id = $1 AND ended_at = 0;

-- name: Owe :execrows
-- Adds $4 to the key's debt, unless it exceeds $5 already. $2 is the debt of a key that owed nothing at the time $3.
INSERT INTO identity_debt (key, paid_at) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET paid_at = CASE WHEN identity_debt.paid_at > $3 THEN identity_debt.paid_at + $4 ELSE $2 END
WHERE identity_debt.paid_at <= $5;

-- name: Forgive :exec
UPDATE identity_debt SET paid_at = paid_at - $2 WHERE key = $1;

-- name: ForgiveAll :exec
DELETE FROM identity_debt WHERE key = $1;

-- name: DeletePaid :exec
DELETE FROM identity_debt WHERE paid_at <= $1;

-- name: KnownNetwork :one
SELECT count(*) FROM identity_network WHERE staff_id = $1 AND network = $2 AND used_at > $3;

-- name: SaveNetwork :exec
INSERT INTO identity_network (staff_id, network, used_at) VALUES ($1, $2, $3)
ON CONFLICT (staff_id, network) DO UPDATE SET used_at = excluded.used_at;

-- name: DeleteOldNetworks :exec
DELETE FROM identity_network WHERE used_at <= $1;

-- name: AskMobile :exec
INSERT INTO identity_mobile (staff_id, mobile, code, tries, expires_at) VALUES ($1, $2, $3, 0, $4)
ON CONFLICT (staff_id) DO UPDATE SET mobile = excluded.mobile, code = excluded.code, tries = 0, expires_at = excluded.expires_at;

-- name: TryMobile :execrows
-- Counts an attempt before it is checked.
UPDATE identity_mobile SET tries = tries + 1 WHERE staff_id = $1 AND tries < $2 AND expires_at > $3;

-- name: AskedMobile :one
SELECT * FROM identity_mobile WHERE staff_id = $1;

-- name: DeleteMobile :exec
DELETE FROM identity_mobile WHERE staff_id = $1;

-- name: SetMobile :exec
UPDATE identity_staff SET mobile = $2 WHERE id = $1;

-- name: InsertAudit :exec
INSERT INTO identity_audit (id, at, actor_kind, actor_id, actor_name, action, subject, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: AuditPage :many
-- The log, newest first; $1 is the id before which the page ends (a huge one for the first page).
SELECT * FROM identity_audit WHERE id < $1 AND (actor_name = $2 OR $2 = '') AND (subject = $3 OR $3 = '')
ORDER BY id DESC LIMIT $4;
