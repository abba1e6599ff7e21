-- name: AddHold :exec
INSERT INTO delivery_hold (id, at, released_at, released_by) VALUES ($1, $2, 0, '');

-- name: ReleaseHolds :execrows
UPDATE delivery_hold SET released_at = $1, released_by = $2 WHERE released_at = 0;

-- name: HeldUntil :one
SELECT CAST(COALESCE(MAX(at), 0) AS bigint) AS at FROM delivery_held;

-- name: CountHeldMessages :one
SELECT count(*) FROM delivery_message WHERE state IN ('waiting', 'later') AND batch IN (
    SELECT id FROM delivery_batch WHERE finished = 0 AND cancelled = 0);

-- name: CountHeldBatches :one
SELECT count(*) FROM delivery_batch WHERE finished = 0 AND cancelled = 0;

-- name: CountHeldNotes :one
SELECT count(*) FROM delivery_note WHERE due > 0;

-- name: RaiseBeat :exec
INSERT INTO delivery_beat (id, beat) VALUES (1, sqlc.arg(beat))
ON CONFLICT (id) DO UPDATE SET beat = CASE WHEN delivery_beat.beat < excluded.beat THEN excluded.beat ELSE delivery_beat.beat + 1 END;

-- name: GetBeat :one
SELECT CAST(COALESCE(MAX(beat), 0) AS bigint) AS beat FROM delivery_beat;
