-- name: SomeAddresses :one
-- 1 if there is any address.
SELECT count(*) FROM (SELECT 1 FROM people_address LIMIT 1) a;

-- CROSS JOIN makes SQLite start with the small table.

-- name: ImportHolders :many
-- The people who have an address of the chunk.
SELECT DISTINCT a.person_id FROM people_import_key k CROSS JOIN people_address a
WHERE a.channel = k.channel AND a.value = k.value;

-- name: ImportPeople :many
SELECT p.* FROM people_import_person s CROSS JOIN people_person p WHERE p.id = s.id;

-- name: ImportAddresses :many
SELECT a.id, a.person_id, a.channel, a.value, a.verified_at
FROM people_import_person s CROSS JOIN people_address a WHERE a.person_id = s.id;

-- name: ImportWho :many
SELECT w.person_id, w.category FROM people_import_person s CROSS JOIN people_who w WHERE w.person_id = s.id;

-- name: ImportWants :many
SELECT w.person_id, w.topic FROM people_import_person s CROSS JOIN people_wants w WHERE w.person_id = s.id;

-- name: ImportConsents :many
SELECT c.person_id, c.purpose, c.ended_at, c.void FROM people_import_person s CROSS JOIN people_consent c WHERE c.person_id = s.id;

-- name: ImportChanges :exec
UPDATE people_person SET given_name = c.given_name, family_name = c.family_name, organisation = c.organisation,
    search = c.search, search_given = c.search_given, born = c.born, born_exact = c.born_exact, language = c.language,
    place = c.place, name_source = c.name_source, born_source = c.born_source, language_source = c.language_source,
    place_source = c.place_source, who_source = c.who_source, wants_source = c.wants_source, updated_at = c.updated_at
FROM people_import_change c WHERE people_person.id = c.id;
