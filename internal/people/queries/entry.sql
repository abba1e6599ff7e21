-- name: MayAsk :execrows
-- Counts a message that is about to be sent to an address. No row if three were sent within the pause. It is one
-- statement, so that concurrent requests cannot exceed the limit.
INSERT INTO people_asked (channel, value, what, at1, at2, at3)
VALUES (sqlc.arg(channel), sqlc.arg(value), sqlc.arg(what), 0, 0, sqlc.arg(now))
ON CONFLICT (channel, value, what) DO UPDATE SET at1 = people_asked.at2, at2 = people_asked.at3, at3 = excluded.at3
WHERE people_asked.at1 <= sqlc.arg(before);

-- name: MayGuess :execrows
-- Counts a try at a code sent to an address. No row if there were too many in the day that began with the first.
INSERT INTO people_guess (channel, value, since, tries) VALUES (sqlc.arg(channel), sqlc.arg(value), sqlc.arg(now), 1)
ON CONFLICT (channel, value) DO UPDATE SET
    tries = CASE WHEN people_guess.since <= sqlc.arg(before) THEN 1 ELSE people_guess.tries + 1 END,
    since = CASE WHEN people_guess.since <= sqlc.arg(before) THEN excluded.since ELSE people_guess.since END
WHERE people_guess.since <= sqlc.arg(before) OR people_guess.tries < sqlc.arg(most);

-- name: AddEntry :exec
INSERT INTO people_entry (id, channel, value, asked_at, expires_at, tries, used_at) VALUES ($1, $2, $3, $4, $5, 0, 0);

-- name: GetEntry :one
SELECT * FROM people_entry WHERE id = $1;

-- name: TryEntry :execrows
-- A try counts before the code is checked, so that two concurrent tries are two.
UPDATE people_entry SET tries = tries + 1
WHERE id = sqlc.arg(id) AND used_at = 0 AND tries < sqlc.arg(most) AND expires_at > sqlc.arg(now);

-- name: UseEntry :execrows
-- Only one of two concurrent requests finds the entry unused.
UPDATE people_entry SET used_at = $2 WHERE id = $1 AND used_at = 0 AND expires_at > $2;

-- name: AddSession :exec
INSERT INTO people_session (digest, person_id, address_id, began_at, ends_at) VALUES ($1, $2, $3, $4, $5);

-- name: GetSession :one
-- Valid while the address is hers.
SELECT s.person_id, s.address_id FROM people_session s
JOIN people_address a ON a.person_id = s.person_id AND a.id = s.address_id AND a.verified_at > 0
WHERE s.digest = $1 AND s.ends_at > $2;

-- name: EndSession :exec
DELETE FROM people_session WHERE digest = $1;

-- name: SessionsOf :many
SELECT * FROM people_session WHERE person_id = $1 ORDER BY began_at, digest;

-- name: EntriesOf :many
-- The entries for her addresses.
SELECT e.* FROM people_entry e
JOIN people_address a ON a.channel = e.channel AND a.value = e.value
WHERE a.person_id = $1 ORDER BY e.asked_at, e.id;

-- name: AddressKeys :many
-- The person's addresses, including unconfirmed new ones.
SELECT a.channel, a.value FROM people_address a WHERE a.person_id = $1
UNION
SELECT s.channel, s.value FROM people_signup s WHERE s.person_id = $1 OR s.for_person = $1;

-- name: EraseEntries :exec
DELETE FROM people_entry WHERE channel = $1 AND value = $2;

-- name: EraseAsked :exec
DELETE FROM people_asked WHERE channel = $1 AND value = $2;

-- name: EraseGuesses :exec
DELETE FROM people_guess WHERE channel = $1 AND value = $2;

-- name: EraseSessions :exec
DELETE FROM people_session WHERE person_id = $1;

-- name: SweepEntries :exec
DELETE FROM people_entry WHERE expires_at <= $1;

-- name: SweepSessions :exec
DELETE FROM people_session WHERE ends_at <= $1;

-- name: SweepAsked :exec
DELETE FROM people_asked WHERE at3 <= $1;

-- name: SweepGuesses :exec
DELETE FROM people_guess WHERE since <= $1;

-- name: PreferAddress :execrows
-- Makes the address her preferred one.
UPDATE people_address AS a SET preference = 1 + (
    SELECT COALESCE(max(o.preference), 0) FROM people_address o WHERE o.person_id = a.person_id)
WHERE a.person_id = $1 AND a.id = $2 AND a.verified_at > 0;

-- name: DropChanges :exec
-- Drops her unconfirmed changes of address, because she asks for another one.
DELETE FROM people_signup WHERE for_person = $1 AND channel = $2 AND replaces > 0 AND confirmed_at = 0;
