-- name: Suppress :exec
INSERT INTO delivery_suppression (digest, reason, created) VALUES ($1, $2, $3)
ON CONFLICT (digest) DO UPDATE SET reason = excluded.reason, created = excluded.created;

-- name: Lift :exec
DELETE FROM delivery_suppression WHERE digest = $1;

-- name: IsSuppressed :one
SELECT EXISTS (SELECT 1 FROM delivery_suppression WHERE digest = $1);

-- name: IsGone :one
SELECT EXISTS (SELECT 1 FROM delivery_suppression WHERE digest = $1 AND reason = 'hard');
