-- name: Know :exec
-- A task that is seen for the first time has nothing to make up for.
INSERT INTO periodic_task (name, slot, retry_at, failures, lease_until, fence) VALUES ($1, $2, 0, 0, 0, 0)
ON CONFLICT (name) DO NOTHING;

-- name: Get :one
SELECT * FROM periodic_task WHERE name = $1;

-- name: Done :execrows
UPDATE periodic_task SET slot = sqlc.arg(slot), retry_at = 0, failures = 0, lease_until = 0
WHERE name = sqlc.arg(name) AND fence = sqlc.arg(fence);

-- name: Failed :execrows
UPDATE periodic_task SET retry_at = sqlc.arg(retry_at), failures = failures + 1, lease_until = 0
WHERE name = sqlc.arg(name) AND fence = sqlc.arg(fence);

-- name: PutRight :execrows
UPDATE periodic_task SET slot = sqlc.arg(slot), retry_at = 0
WHERE name = sqlc.arg(name) AND fence = sqlc.arg(fence) AND slot = sqlc.arg(was_slot) AND retry_at = sqlc.arg(was_retry_at);

-- name: GiveBack :execrows
UPDATE periodic_task SET lease_until = 0 WHERE name = $1 AND fence = $2;
