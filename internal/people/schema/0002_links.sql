-- +goose Up
-- What an import writes most are rows of these two tables. On SQLite they become their own index (WITHOUT ROWID), one
-- tree less to keep; and who is in a category is only ever asked of somebody, or of everybody: that index goes.
/*sqlite: ALTER TABLE people_who RENAME TO people_who_before; */
/*sqlite: CREATE TABLE people_who (person_id bigint NOT NULL, category text NOT NULL, PRIMARY KEY (person_id, category)) WITHOUT ROWID; */
/*sqlite: INSERT INTO people_who SELECT person_id, category FROM people_who_before ORDER BY person_id, category; */
/*sqlite: DROP TABLE people_who_before; */
/*sqlite: ALTER TABLE people_wants RENAME TO people_wants_before; */
/*sqlite: CREATE TABLE people_wants (person_id bigint NOT NULL, topic text NOT NULL, PRIMARY KEY (person_id, topic)) WITHOUT ROWID; */
/*sqlite: INSERT INTO people_wants SELECT person_id, topic FROM people_wants_before ORDER BY person_id, topic; */
/*sqlite: DROP TABLE people_wants_before; */
/*sqlite: CREATE INDEX people_wants_topic ON people_wants (topic, person_id); */
DROP INDEX IF EXISTS people_who_category; -- on SQLite it went with its table
