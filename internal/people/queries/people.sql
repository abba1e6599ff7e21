-- name: AddPerson :exec
INSERT INTO people_person (id, kind, given_name, family_name, organisation, search, search_given, born, born_exact,
    language, place, name_source, born_source, language_source, place_source, who_source, wants_source,
    address_source, since, created_at, updated_at, cell_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22);

-- name: PutPerson :execrows
UPDATE people_person SET kind = $2, given_name = $3, family_name = $4, organisation = $5, search = $6,
    search_given = $7, born = $8, born_exact = $9, language = $10, place = $11, name_source = $12, born_source = $13,
    language_source = $14, place_source = $15, who_source = $16, wants_source = $17,
    address_source = $18, updated_at = $19
WHERE id = $1;

-- name: GetPerson :one
SELECT * FROM people_person WHERE id = $1;

-- name: WhoOf :many
SELECT category FROM people_who WHERE person_id = $1 ORDER BY category;

-- name: WantsOf :many
SELECT topic FROM people_wants WHERE person_id = $1 ORDER BY topic;

-- name: ClearWho :exec
DELETE FROM people_who WHERE person_id = $1;

-- name: ClearWants :exec
DELETE FROM people_wants WHERE person_id = $1;

-- name: AddWho :exec
INSERT INTO people_who (person_id, category) VALUES ($1, $2) ON CONFLICT (person_id, category) DO NOTHING;

-- name: AddWants :exec
INSERT INTO people_wants (person_id, topic) VALUES ($1, $2) ON CONFLICT (person_id, topic) DO NOTHING;

-- name: AddAddress :exec
INSERT INTO people_address (id, person_id, channel, value, shown, verified_at, created_at, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: AddressesOf :many
SELECT * FROM people_address WHERE person_id = $1 ORDER BY channel, created_at, id;

-- name: GetAddress :one
SELECT * FROM people_address WHERE person_id = $1 AND id = $2;

-- name: FindAddress :one
SELECT * FROM people_address WHERE channel = $1 AND value = $2;

-- name: VerifyAddress :execrows
UPDATE people_address SET verified_at = $3 WHERE person_id = $1 AND id = $2 AND verified_at = 0;

-- name: MoveAddress :execrows
-- Only if it is still as it was read.
UPDATE people_address SET person_id = sqlc.arg(person_id), shown = sqlc.arg(shown), verified_at = sqlc.arg(verified_at),
    source = sqlc.arg(source)
WHERE channel = sqlc.arg(channel) AND value = sqlc.arg(value) AND person_id = sqlc.arg(from_person)
    AND verified_at = sqlc.arg(was_verified);

-- name: RemoveAddress :execrows
DELETE FROM people_address WHERE person_id = $1 AND id = $2;

-- name: AddConsent :exec
INSERT INTO people_consent (id, person_id, purpose, text_version, source, channel, granted_at, recorded_at, actor, proof,
    ended_at, end_reason, ended_by, given_on, parent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', '', $11, $12);

-- name: JudgeConsents :many
-- Marks the person's consents as void or valid by her birth date born, and returns those that changed. youngest is 14
-- years.
UPDATE people_consent SET void = NOT void
WHERE person_id = sqlc.arg(person_id) AND void <> (parent = '' AND CAST(sqlc.arg(born) AS bigint) > 0
    AND given_on - CAST(sqlc.arg(born) AS bigint) < CAST(sqlc.arg(youngest) AS bigint))
RETURNING purpose, void, ended_at;

-- name: EndVoid :exec
-- Ends a void consent, which is replaced by a valid one.
UPDATE people_consent SET ended_at = sqlc.arg(ended_at), end_reason = 'too-young', ended_by = sqlc.arg(ended_by)
WHERE person_id = sqlc.arg(person_id) AND purpose = sqlc.arg(purpose) AND ended_at = 0 AND void;

-- name: EndConsent :many
UPDATE people_consent SET ended_at = $3, end_reason = $4, ended_by = $5
WHERE person_id = $1 AND purpose = $2 AND ended_at = 0 RETURNING id;

-- name: ConsentsOf :many
SELECT * FROM people_consent WHERE person_id = $1 ORDER BY granted_at DESC, id DESC;

-- name: HasConsent :one
SELECT count(*) FROM people_consent WHERE person_id = $1 AND purpose = $2 AND ended_at = 0 AND NOT void;

-- name: ConsentTexts :many
-- The current wording of each purpose: the latest, and of two from the same moment the greater version.
SELECT t.* FROM people_consent_text t
WHERE NOT EXISTS (SELECT 1 FROM people_consent_text later WHERE later.purpose = t.purpose
    AND (later.since > t.since OR (later.since = t.since AND later.version > t.version)))
ORDER BY t.purpose;

-- name: AddConsentText :exec
INSERT INTO people_consent_text (purpose, version, wording_it, wording_en, since) VALUES ($1, $2, $3, $4, $5);

-- name: AddSignUp :exec
INSERT INTO people_signup (id, channel, value, draft, for_person, created_at, expires_at, confirmed_at, person_id, code_at,
    replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, $9);

-- name: NewCode :execrows
UPDATE people_signup SET code_at = $2, tries = 0 WHERE id = $1 AND code_at > 0 AND confirmed_at = 0 AND expires_at > $2;

-- name: TryCode :execrows
-- A try counts before the code is checked, so that two concurrent tries are two.
UPDATE people_signup SET tries = tries + 1
WHERE id = sqlc.arg(id) AND confirmed_at = 0 AND tries < sqlc.arg(most) AND code_at > sqlc.arg(since) AND expires_at > sqlc.arg(now);

-- name: GetSignUp :one
SELECT * FROM people_signup WHERE id = $1;

-- name: ConfirmedSignUp :execrows
-- The update locks the row, so that a second, simultaneous confirmation waits and then finds nothing to do.
UPDATE people_signup SET confirmed_at = $2, draft = '' WHERE id = $1 AND confirmed_at = 0;

-- name: SignUpLedTo :exec
UPDATE people_signup SET person_id = $2 WHERE id = $1;

-- name: SweepSignUps :execrows
DELETE FROM people_signup WHERE expires_at <= $1;

-- name: SignUpsOf :many
-- Sign-ups that created her, wait for her, or wait at one of her addresses.
SELECT s.* FROM people_signup s
WHERE s.person_id = $1 OR s.for_person = $1
    OR EXISTS (SELECT 1 FROM people_address a WHERE a.person_id = $1 AND a.channel = s.channel AND a.value = s.value)
ORDER BY s.created_at;

-- name: EraseSignUps :exec
DELETE FROM people_signup AS s
WHERE s.person_id = $1 OR s.for_person = $1
    OR EXISTS (SELECT 1 FROM people_address a WHERE a.person_id = $1 AND a.channel = s.channel AND a.value = s.value);

-- name: EraseConsents :exec
DELETE FROM people_consent WHERE person_id = $1;

-- name: EraseAddresses :exec
DELETE FROM people_address WHERE person_id = $1;

-- name: ErasePerson :exec
DELETE FROM people_person WHERE id = $1;

-- name: NamesToFold :many
-- The names with letters outside ASCII, after a person.
SELECT id, given_name, family_name, organisation, search, search_given FROM people_person
WHERE id > sqlc.arg(after) AND octet_length(search) <> length(search) ORDER BY id LIMIT sqlc.arg(many);

-- name: PutFolded :exec
UPDATE people_person SET search = $1, search_given = $2 WHERE id = $3;

-- name: PersonIDs :many
SELECT id FROM people_person WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);
