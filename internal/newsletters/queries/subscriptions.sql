-- name: OpenNewsletters :many
SELECT slug, name_it, name_en FROM newsletters_newsletter WHERE NOT closed ORDER BY slug;

-- name: SubscribedTo :many
SELECT DISTINCT newsletter FROM newsletters_subscription WHERE person_id = $1 AND ended_at = 0 ORDER BY newsletter;

-- name: SubscriptionsOf :many
SELECT * FROM newsletters_subscription WHERE person_id = $1 ORDER BY began_at DESC, id DESC;

-- name: OptOutsOf :many
SELECT * FROM newsletters_optout WHERE person_id = $1 ORDER BY began_at DESC, id DESC;

-- name: AddSubscription :execrows
INSERT INTO newsletters_subscription (id, person_id, newsletter, channel, began_at, began_how, began_by, ended_at,
    ended_how, ended_why, ended_by, ended_issue, pace)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '', '', 0, $8)
ON CONFLICT (person_id, newsletter, channel, gone) DO NOTHING;

-- name: LiftOptOut :execrows
UPDATE newsletters_optout SET ended_at = $3, ended_how = $4 WHERE person_id = $1 AND newsletter = $2 AND ended_at = 0;

-- name: EndSubscription :many
UPDATE newsletters_subscription SET gone = id, ended_at = $3, ended_how = $4, ended_why = $5, ended_by = $6, ended_issue = $7
WHERE person_id = $1 AND newsletter = $2 AND ended_at = 0 RETURNING id;

-- name: EndAllSubscriptions :many
UPDATE newsletters_subscription SET gone = id, ended_at = $2, ended_how = $3, ended_by = $4
WHERE person_id = $1 AND ended_at = 0 RETURNING id, newsletter;

-- name: OptOut :many
INSERT INTO newsletters_optout (id, person_id, newsletter, began_at, began_how, issue, ended_at, ended_how)
VALUES ($1, $2, $3, $4, $5, $6, 0, '')
ON CONFLICT (newsletter, person_id) WHERE ended_at = 0 DO NOTHING RETURNING id;

-- name: EndOptOut :many
UPDATE newsletters_optout SET ended_at = $3, ended_how = $4 WHERE person_id = $1 AND id = $2 AND ended_at = 0
RETURNING newsletter;

-- name: ForgetSubscriptions :exec
DELETE FROM newsletters_subscription WHERE person_id = $1;

-- name: ForgetOptOuts :exec
DELETE FROM newsletters_optout WHERE person_id = $1;

-- name: EndChannel :many
UPDATE newsletters_subscription SET gone = id, ended_at = $3, ended_how = $4, ended_by = $5
WHERE person_id = $1 AND channel = $2 AND ended_at = 0 RETURNING newsletter;

-- name: EndOnChannel :execrows
UPDATE newsletters_subscription SET gone = id, ended_at = $4, ended_how = $5, ended_by = $6
WHERE person_id = $1 AND newsletter = $2 AND channel = $3 AND ended_at = 0;

-- name: LastEnded :many
-- The newsletters whose subscriptions on a channel she last ended in that way, unless she has left them or subscribed
-- again since.
SELECT s.newsletter FROM newsletters_subscription s
WHERE s.person_id = $1 AND s.channel = $2 AND s.ended_how = $3
    AND s.ended_at = (SELECT MAX(m.ended_at) FROM newsletters_subscription m
        WHERE m.person_id = $1 AND m.channel = $2 AND m.ended_how = $3)
    AND NOT EXISTS (SELECT 1 FROM newsletters_optout o WHERE o.person_id = $1 AND o.newsletter = s.newsletter AND o.ended_at = 0)
    AND NOT EXISTS (SELECT 1 FROM newsletters_subscription x WHERE x.person_id = $1 AND x.newsletter = s.newsletter AND x.ended_at = 0)
ORDER BY s.newsletter;
