-- +goose Up
-- A secret random number below 2^36 for each person. The noise of a published count is drawn from the sum of these
-- numbers; see package disclosure.
ALTER TABLE people_person ADD COLUMN cell_key bigint NOT NULL DEFAULT 0;
/*sqlite: UPDATE people_person SET cell_key = random() & 68719476735; */
/*postgres: UPDATE people_person SET cell_key = ('x' || substr(md5(gen_random_uuid()::text), 1, 9))::bit(36)::bigint; */
DROP VIEW people_profile;
CREATE VIEW people_profile AS
SELECT id AS person_id, kind, given_name, family_name, organisation, born, language, place, since, cell_key FROM people_person;
