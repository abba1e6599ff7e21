-- name: RhythmOf :one
SELECT * FROM newsletters_rhythm WHERE person_id = $1;

-- name: PutRhythm :exec
INSERT INTO newsletters_rhythm (person_id, pace, paused_until, most_a_week) VALUES ($1, $2, $3, $4)
ON CONFLICT (person_id) DO UPDATE SET pace = excluded.pace, paused_until = excluded.paused_until,
    most_a_week = excluded.most_a_week;

-- name: ForgetRhythm :exec
DELETE FROM newsletters_rhythm WHERE person_id = $1;

-- name: AnySlow :one
-- Whether an issue of the newsletter may have to wait for anybody's digest.
SELECT EXISTS (SELECT 1 FROM newsletters_subscription s WHERE s.newsletter = $1 AND s.ended_at = 0 AND s.pace <> 'at-once'
    UNION ALL SELECT 1 FROM newsletters_rhythm y WHERE y.pace <> 'at-once');

-- name: Keep :exec
INSERT INTO newsletters_kept (person_id, issue, pace, kept_at, digest) VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (person_id, issue) DO NOTHING;

-- name: KeepOn :exec
-- Defers the person's part of a digest to the next daily slot.
UPDATE newsletters_kept SET digest = 0, pace = 'daily', kept_at = $3 WHERE person_id = $1 AND digest = $2;

-- name: HastenSubscribed :exec
-- Moves issues of a newsletter that wait for the weekly slot to the next daily mail, because she wants it sooner.
UPDATE newsletters_kept SET pace = 'daily' WHERE person_id = $1 AND digest = 0 AND pace = 'weekly'
    AND issue IN (SELECT i.id FROM newsletters_issue i WHERE i.newsletter = $2);

-- name: HastenProfile :exec
-- The same for newsletters that come only by profile.
UPDATE newsletters_kept SET pace = 'daily' WHERE newsletters_kept.person_id = $1 AND digest = 0 AND newsletters_kept.pace = 'weekly'
    AND issue IN (SELECT i.id FROM newsletters_issue i WHERE NOT EXISTS (SELECT 1 FROM newsletters_subscription s
        WHERE s.newsletter = i.newsletter AND s.person_id = $1 AND s.ended_at = 0));

-- name: KeptFor :many
-- What waits for the person's next digest: of one newsletter, or with '' of all.
SELECT k.issue FROM newsletters_kept k JOIN newsletters_issue i ON i.id = k.issue
WHERE k.person_id = sqlc.arg(person) AND k.digest = 0
    AND (CAST(sqlc.arg(newsletter) AS text) = '' OR i.newsletter = sqlc.arg(newsletter)) ORDER BY k.issue;

-- name: LetGo :exec
DELETE FROM newsletters_kept WHERE person_id = $1 AND issue = $2 AND digest = 0;

-- name: LetIssueGo :execrows
DELETE FROM newsletters_kept WHERE issue = $1 AND digest = 0;

-- name: KeptOf :many
SELECT k.issue, i.newsletter, i.slug, k.pace, k.kept_at FROM newsletters_kept k JOIN newsletters_issue i ON i.id = k.issue
WHERE k.person_id = $1 ORDER BY k.kept_at, k.issue;

-- name: IssuesKeptOf :many
SELECT issue FROM newsletters_kept WHERE person_id = $1 ORDER BY issue;

-- name: ForgetKept :exec
DELETE FROM newsletters_kept WHERE person_id = $1;

-- name: AnyKept :one
-- Whether anybody still waits for the issue in a digest, to come or being sent.
SELECT EXISTS (SELECT 1 FROM newsletters_kept k WHERE k.issue = $1 AND (k.digest = 0 OR EXISTS (SELECT 1 FROM delivery_facts f
    WHERE f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id AND f.state IN ('waiting', 'later'))));

-- name: WaitingForSlot :one
SELECT count(*) FROM newsletters_kept WHERE issue = $1 AND digest = 0;

-- name: DigestOf :one
SELECT * FROM newsletters_digest WHERE id = $1;

-- name: AddDigest :execrows
INSERT INTO newsletters_digest (id, slot, daily_before, weekly_before, made_at, finished_at) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (slot) DO NOTHING;

-- name: KeptAhead :one
-- The end of a step that examines so many rows.
SELECT person_id FROM newsletters_kept WHERE digest = 0 AND person_id > sqlc.arg(after) ORDER BY person_id LIMIT 1 OFFSET sqlc.arg(passed);

-- name: InDigest :many
SELECT DISTINCT issue FROM newsletters_kept WHERE digest = $1 ORDER BY issue;

-- name: FinishDigest :execrows
UPDATE newsletters_digest SET finished_at = $2 WHERE id = $1 AND finished_at = 0;

-- name: CountDigested :exec
-- Counts every row, including those that ClearDigest leaves.
INSERT INTO newsletters_digested (issue, digest, state, reason, people)
SELECT k.issue, k.digest, f.state, '', count(*) FROM newsletters_kept k
JOIN delivery_facts f ON f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id
WHERE k.digest = $1 AND f.state <> 'refused' GROUP BY k.issue, k.digest, f.state
ON CONFLICT (issue, digest, state, reason) DO UPDATE SET people = newsletters_digested.people + excluded.people;

-- name: ClearDigest :exec
-- Leaves rows of refused mails: they may be retried.
DELETE FROM newsletters_kept WHERE digest = $1 AND person_id NOT IN (SELECT f.person FROM delivery_facts f
    WHERE f.origin = 'newsletters.digest' AND f.ref = $1 AND f.state = 'refused');

-- name: CountFolded :exec
-- The ledger is about to delete these persons' rows. What ClearDigest left can no longer be retried and becomes a
-- number.
INSERT INTO newsletters_digested (issue, digest, state, reason, people)
SELECT k.issue, k.digest, f.state, f.reason, count(*) FROM newsletters_kept k
JOIN delivery_facts f ON f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id
WHERE k.digest = sqlc.arg(digest) AND k.person_id > sqlc.arg(after) AND k.person_id <= sqlc.arg(through)
GROUP BY k.issue, k.digest, f.state, f.reason
ON CONFLICT (issue, digest, state, reason) DO UPDATE SET people = newsletters_digested.people + excluded.people;

-- name: DropFolded :exec
DELETE FROM newsletters_kept WHERE digest = sqlc.arg(digest) AND person_id > sqlc.arg(after) AND person_id <= sqlc.arg(through);

-- name: DigestsWith :many
-- The digests being sent that hold the issue, and those in which it was refused.
SELECT DISTINCT digest FROM newsletters_kept WHERE issue = $1 AND digest > 0 ORDER BY digest;

-- name: ReopenDigested :exec
-- Somebody waits for these issues again, in a mail of the digest.
UPDATE newsletters_issue SET state = 'sending', finished_at = 0 WHERE state = 'sent' AND id IN (
    SELECT k.issue FROM newsletters_kept k
    JOIN delivery_facts f ON f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id
    WHERE k.digest = $1 AND f.state IN ('waiting', 'later'));

-- name: Digested :many
-- What happened to an issue in digests: final numbers, and what may still change.
SELECT u.state, CAST(SUM(u.people) AS bigint) AS people FROM (
    SELECT d.state, d.people FROM newsletters_digested d WHERE d.issue = $1
    UNION ALL
    SELECT f.state, count(*) AS people FROM newsletters_kept k
    JOIN delivery_facts f ON f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id
    WHERE k.issue = $1 AND k.digest > 0 GROUP BY f.state
) u GROUP BY u.state ORDER BY u.state;

-- name: LatestDigests :many
SELECT * FROM newsletters_digest ORDER BY slot DESC LIMIT $1;

-- name: CountInDigest :one
SELECT CAST(count(*) AS bigint) FROM (
    SELECT k.issue FROM newsletters_kept k WHERE k.digest = $1 UNION SELECT d.issue FROM newsletters_digested d WHERE d.digest = $1) u;

-- name: StillKept :one
SELECT count(*) FROM newsletters_kept k WHERE k.issue = $1 AND (k.digest = 0 OR EXISTS (SELECT 1 FROM delivery_facts f
    WHERE f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id AND f.state IN ('waiting', 'later')));

-- name: DigestFailures :many
-- Why mails of digests with the issue were refused or deferred.
SELECT u.state, u.reason, CAST(SUM(u.people) AS bigint) AS people FROM (
    SELECT d.state, d.reason, d.people FROM newsletters_digested d WHERE d.issue = $1 AND d.state = 'refused'
    UNION ALL
    SELECT f.state, f.reason, count(*) AS people FROM newsletters_kept k
    JOIN delivery_facts f ON f.origin = 'newsletters.digest' AND f.ref = k.digest AND f.person = k.person_id
    WHERE k.issue = $1 AND k.digest > 0 AND f.state IN ('refused', 'later') GROUP BY f.state, f.reason
) u GROUP BY u.state, u.reason ORDER BY u.state, u.reason;

-- name: CountOwedDigests :one
SELECT count(DISTINCT person_id) FROM newsletters_kept WHERE digest = 0;
