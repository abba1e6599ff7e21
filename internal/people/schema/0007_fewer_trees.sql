-- +goose Up
-- A row of an import was some 34 entries in tables and indexes, and keeping them was nearly all of its time. What is only
-- ever asked of a person now lies in the order of persons, in which an import appends; an index remains where something
-- is found by it alone: an address by its value. On SQLite the tables are that order themselves (WITHOUT ROWID).

-- Addresses and consents are found by their person; nothing is found by their identifiers alone.
/*postgres: ALTER TABLE people_address DROP CONSTRAINT people_address_pkey; */
/*postgres: ALTER TABLE people_address DROP CONSTRAINT people_address_channel_value_key; */
/*postgres: ALTER TABLE people_address ADD PRIMARY KEY (channel, value); */
/*postgres: ALTER TABLE people_consent DROP CONSTRAINT people_consent_pkey; */
/*postgres: ALTER TABLE people_consent ADD CONSTRAINT people_consent_pkey PRIMARY KEY USING INDEX people_consent_standing; */

/*sqlite: DROP VIEW people_reachable; */
/*sqlite: DROP VIEW people_consenting; */
/*sqlite: CREATE TABLE people_address_new (id bigint NOT NULL, person_id bigint NOT NULL, channel text NOT NULL, value text NOT NULL, shown text NOT NULL, verified_at bigint NOT NULL, created_at bigint NOT NULL, source text NOT NULL, PRIMARY KEY (person_id, channel, value)) WITHOUT ROWID; */
/*sqlite: INSERT INTO people_address_new SELECT id, person_id, channel, value, shown, verified_at, created_at, source FROM people_address ORDER BY person_id, channel, value; */
/*sqlite: DROP TABLE people_address; */
/*sqlite: ALTER TABLE people_address_new RENAME TO people_address; */
/*sqlite: CREATE UNIQUE INDEX people_address_value ON people_address (channel, value); */
/*sqlite: CREATE TABLE people_consent_new (id bigint NOT NULL, person_id bigint NOT NULL, purpose text NOT NULL, text_version text NOT NULL, source text NOT NULL, channel text NOT NULL, granted_at bigint NOT NULL, recorded_at bigint NOT NULL, actor text NOT NULL, proof text NOT NULL, ended_at bigint NOT NULL, end_reason text NOT NULL, ended_by text NOT NULL, PRIMARY KEY (person_id, purpose, ended_at)) WITHOUT ROWID; */
/*sqlite: INSERT INTO people_consent_new SELECT id, person_id, purpose, text_version, source, channel, granted_at, recorded_at, actor, proof, ended_at, end_reason, ended_by FROM people_consent ORDER BY person_id, purpose, ended_at; */
/*sqlite: DROP TABLE people_consent; */
/*sqlite: ALTER TABLE people_consent_new RENAME TO people_consent; */
/*sqlite: CREATE VIEW people_reachable AS SELECT person_id, channel, id AS address_id, value FROM people_address WHERE verified_at > 0; */
/*sqlite: CREATE VIEW people_consenting AS SELECT person_id, purpose, granted_at FROM people_consent WHERE ended_at = 0; */

-- Whom a topic concerns is asked of a stretch of persons, or of everybody.
DROP INDEX people_wants_topic;
