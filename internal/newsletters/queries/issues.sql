-- name: AddIssue :exec
INSERT INTO newsletters_issue (id, newsletter, slug, title, language, blocks, audience, state, version, scheduled_at,
    sent_at, finished_at, cancelled_at, frame, archived, search, created_at, created_by, updated_at, updated_by, sent_by, sms_text,
    urgent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, 0, $9, $10, 0, $11, $12, $13, $14, $15, $14, $15, $16, $17, $18);

-- name: SaveIssue :execrows
UPDATE newsletters_issue SET slug = $3, title = $4, language = $5, blocks = $6, audience = $7, search = $8,
    version = version + 1, updated_at = $9, updated_by = $10, sms_text = $11, urgent = $12
WHERE id = $1 AND version = $2 AND state = 'draft';

-- name: DeleteIssue :execrows
DELETE FROM newsletters_issue WHERE id = $1 AND version = $2 AND state = 'draft';

-- name: GetIssue :one
SELECT * FROM newsletters_issue WHERE id = $1;

-- name: IssueBySlug :one
SELECT * FROM newsletters_issue WHERE newsletter = $1 AND slug = $2;

-- name: IssuesOfSlug :many
SELECT id FROM newsletters_issue WHERE slug = $1 ORDER BY id LIMIT 2;

-- name: SlugsLike :many
SELECT slug FROM newsletters_issue WHERE newsletter = $1 AND slug >= $2 AND slug <= $3;

-- name: BeginSending :execrows
UPDATE newsletters_issue SET state = 'sending', sent_at = $3, scheduled_at = 0, frame = $4, sent_by = $5,
    version = version + 1
WHERE id = $1 AND version = $2 AND state IN ('draft', 'scheduled');

-- name: ScheduleIssue :execrows
UPDATE newsletters_issue SET state = 'scheduled', scheduled_at = $3, sent_by = $4, version = version + 1
WHERE id = $1 AND version = $2 AND state IN ('draft', 'scheduled');

-- name: UnscheduleIssue :execrows
UPDATE newsletters_issue SET state = 'draft', scheduled_at = 0, sent_by = '', version = version + 1
WHERE id = $1 AND version = $2 AND state = 'scheduled';

-- name: CancelIssue :execrows
UPDATE newsletters_issue SET state = 'cancelled', cancelled_at = $2, scheduled_at = 0, version = version + 1
WHERE id = $1 AND state IN ('scheduled', 'sending');

-- name: FinishIssue :execrows
UPDATE newsletters_issue SET state = 'sent', finished_at = $2 WHERE id = $1 AND state = 'sending';

-- name: HoldIssue :exec
-- Locks the row: a second transaction sees what the first one did.
UPDATE newsletters_issue SET state = state WHERE id = $1;

-- name: AddLink :exec
INSERT INTO newsletters_link (issue_id, n, url) VALUES ($1, $2, $3);

-- name: LinksOf :many
SELECT * FROM newsletters_link WHERE issue_id = $1 ORDER BY n;

-- name: WasSent :one
SELECT count(*) FROM newsletters_issue WHERE id = $1 AND sent_at > 0 AND NOT archived;

-- name: VisitsOf :many
SELECT n, hour, visits, filtered FROM newsletters_visits WHERE issue_id = $1 ORDER BY n, hour;

-- name: LeftWith :one
SELECT count(DISTINCT person_id) FROM newsletters_optout WHERE issue = $1;

-- name: SentByHour :many
SELECT CAST(hour AS bigint) AS hour, CAST(SUM(messages) AS bigint) AS n
FROM delivery_counts
WHERE origin = $1 AND ref = $2 AND state = 'sent'
GROUP BY hour ORDER BY hour;

-- name: Archived :many
SELECT * FROM newsletters_issue
WHERE newsletter = $1 AND state IN ('sending', 'sent') ORDER BY sent_at DESC, id DESC LIMIT $2 OFFSET $3;

-- name: LatestSent :many
SELECT i.* FROM newsletters_issue i JOIN newsletters_newsletter n ON n.slug = i.newsletter
WHERE i.state IN ('sending', 'sent') AND NOT n.sensitive AND NOT n.closed ORDER BY i.sent_at DESC, i.id DESC LIMIT $1;

-- name: AddImage :exec
INSERT INTO newsletters_image (hash, type, width, height, data, newsroom, uploaded_at, uploaded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (hash) DO NOTHING;

-- name: GetImage :one
SELECT * FROM newsletters_image WHERE hash = $1;

-- name: SensitiveIssues :many
-- The issues whose receipt may reveal special-category data.
SELECT i.id FROM newsletters_issue i JOIN newsletters_newsletter n ON n.slug = i.newsletter WHERE n.sensitive AND i.state <> 'draft';

-- name: CountScheduled :one
SELECT count(*) FROM newsletters_issue WHERE state = 'scheduled';
