-- name: ReopenIssue :exec
-- Somebody waits for it again.
UPDATE newsletters_issue SET state = 'sending', finished_at = 0 WHERE id = $1 AND state = 'sent';

-- name: MailAddresses :many
SELECT value FROM people_reachable WHERE person_id = $1 AND channel = 'email' ORDER BY address_id;
