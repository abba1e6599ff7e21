-- name: ReadingOf :many
SELECT g.n, g.times, g.first_at, g.last_at, i.newsletter, i.slug, i.title, coalesce(l.url, '') AS url
FROM newsletters_reading g
JOIN newsletters_issue i ON i.id = g.issue_id
LEFT JOIN newsletters_link l ON l.issue_id = g.issue_id AND l.n = g.n
WHERE g.person_id = $1
ORDER BY g.last_at DESC, g.issue_id DESC, g.n;

-- name: ReadersOf :one
-- A person who followed a link has read the issue, even if her mail program did not load the pixel.
SELECT count(DISTINCT person_id) AS readers, count(DISTINCT CASE WHEN n > 0 THEN person_id END) AS clicked
FROM newsletters_reading WHERE issue_id = $1;

-- name: NotSensitive :one
SELECT count(*) FROM newsletters_issue i JOIN newsletters_newsletter n ON n.slug = i.newsletter
WHERE i.id = $1 AND NOT n.sensitive;

-- name: TakeReadingBack :exec
UPDATE newsletters_reading SET times = times - $1 WHERE person_id = $2 AND issue_id = $3 AND n = $4;

-- name: DropReadingTakenBack :exec
DELETE FROM newsletters_reading WHERE person_id = $1 AND issue_id = $2 AND n = $3 AND times <= 0;

-- name: ForgetReading :exec
DELETE FROM newsletters_reading WHERE person_id = $1;

-- name: SweepReading :execrows
-- Nothing should be recorded of a newsletter that has become sensitive.
DELETE FROM newsletters_reading WHERE first_at < $1 OR issue_id IN (
    SELECT i.id FROM newsletters_issue i JOIN newsletters_newsletter n ON n.slug = i.newsletter WHERE n.sensitive);
