-- name: BeginAsked :exec
-- Skips subscriptions that exist, and newsletters that she left after she asked.
INSERT INTO newsletters_subscription (id, person_id, newsletter, channel, began_at, began_how, began_by, ended_at,
    ended_how, ended_why, ended_by, ended_issue)
SELECT a.id, a.person_id, a.newsletter, a.channel, a.at, a.how, $1, 0, '', '', '', 0 FROM newsletters_asked a
WHERE NOT EXISTS (SELECT 1 FROM newsletters_subscription s WHERE s.person_id = a.person_id
        AND s.newsletter = a.newsletter AND s.channel = a.channel AND (s.ended_at = 0 OR s.ended_at >= a.at))
    AND NOT EXISTS (SELECT 1 FROM newsletters_optout o WHERE o.person_id = a.person_id
        AND o.newsletter = a.newsletter AND o.ended_at = 0 AND o.began_at >= a.at);

-- name: LiftOptOutsAsked :exec
-- Ends an older opt-out.
UPDATE newsletters_optout SET ended_at = $1, ended_how = 'subscribed' WHERE ended_at = 0 AND EXISTS (
    SELECT 1 FROM newsletters_asked a JOIN newsletters_subscription s
        ON s.person_id = a.person_id AND s.newsletter = a.newsletter AND s.channel = a.channel AND s.ended_at = 0 AND s.id = a.id
    WHERE a.person_id = newsletters_optout.person_id AND a.newsletter = newsletters_optout.newsletter);

-- name: BegunAsked :many
SELECT DISTINCT a.person_id FROM newsletters_asked a JOIN newsletters_subscription s
    ON s.person_id = a.person_id AND s.newsletter = a.newsletter AND s.channel = a.channel AND s.ended_at = 0 AND s.id = a.id
ORDER BY a.person_id;

-- name: ReturnedAsked :many
-- The subscriptions that have begun for people who had ended one to the same newsletter before.
SELECT DISTINCT a.person_id, a.newsletter FROM newsletters_asked a JOIN newsletters_subscription s
    ON s.person_id = a.person_id AND s.newsletter = a.newsletter AND s.channel = a.channel AND s.ended_at = 0 AND s.id = a.id
WHERE EXISTS (SELECT 1 FROM newsletters_subscription e WHERE e.person_id = a.person_id AND e.newsletter = a.newsletter
    AND e.ended_at > 0) OR EXISTS (SELECT 1 FROM newsletters_optout o WHERE o.person_id = a.person_id
    AND o.newsletter = a.newsletter)
ORDER BY a.person_id, a.newsletter;
