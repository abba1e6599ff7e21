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
UPDATE identity_staff SET name = $2, role = $3, active = $4 WHERE id = $1;

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
INSERT INTO identity_token (id, token_hash, label, role, newsroom, created_at, expires_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);

-- name: TokenByHash :one
SELECT * FROM identity_token WHERE token_hash = $1 AND ended_at = 0 AND expires_at > $2;

-- name: InsertFailure :exec
INSERT INTO identity_failure (id, email, at) VALUES ($1, $2, $3);

-- name: CountFailures :one
SELECT count(*) FROM identity_failure WHERE email = $1 AND at > $2;

-- name: DeleteOldFailures :exec
DELETE FROM identity_failure WHERE at <= $1;

-- name: ClearFailures :exec
DELETE FROM identity_failure WHERE email = $1;

-- name: InsertAudit :exec
INSERT INTO identity_audit (id, at, actor_kind, actor_id, actor_name, action, subject, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: AuditPage :many
-- The log, newest first; $1 is the id before which the page ends (a huge one for the first page).
SELECT * FROM identity_audit WHERE id < $1 AND (actor_name = $2 OR $2 = '') AND (subject = $3 OR $3 = '')
ORDER BY id DESC LIMIT $4;
