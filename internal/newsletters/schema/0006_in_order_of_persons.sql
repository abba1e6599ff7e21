-- +goose Up
-- Subscriptions lie in the order of persons, in which an import appends: that one tree finds them, and keeps that of a
-- person, a newsletter and a channel one stands at a time. Nothing is found by their identifiers alone. On SQLite the
-- foreign keys go too, as they did on PostgreSQL (see 0002): each was a look into another tree for every row.
ALTER TABLE newsletters_subscription ADD COLUMN gone bigint NOT NULL DEFAULT 0; -- its own id once it has ended; 0 = it stands
UPDATE newsletters_subscription SET gone = id WHERE ended_at > 0;
/*sqlite: CREATE TABLE newsletters_subscription_new (id bigint NOT NULL, person_id bigint NOT NULL, newsletter text NOT NULL, channel text NOT NULL, began_at bigint NOT NULL, began_how text NOT NULL, began_by text NOT NULL, ended_at bigint NOT NULL, ended_how text NOT NULL, ended_why text NOT NULL, ended_by text NOT NULL, ended_issue bigint NOT NULL, pace text NOT NULL DEFAULT 'at-once', gone bigint NOT NULL DEFAULT 0, PRIMARY KEY (person_id, newsletter, channel, gone)) WITHOUT ROWID; */
/*sqlite: INSERT INTO newsletters_subscription_new SELECT id, person_id, newsletter, channel, began_at, began_how, began_by, ended_at, ended_how, ended_why, ended_by, ended_issue, pace, gone FROM newsletters_subscription ORDER BY person_id, newsletter, channel, gone; */
/*sqlite: DROP TABLE newsletters_subscription; */
/*sqlite: ALTER TABLE newsletters_subscription_new RENAME TO newsletters_subscription; */
/*postgres: ALTER TABLE newsletters_subscription DROP CONSTRAINT newsletters_subscription_pkey; */
/*postgres: ALTER TABLE newsletters_subscription ADD PRIMARY KEY (person_id, newsletter, channel, gone); */
DROP INDEX IF EXISTS newsletters_subscription_standing; -- on SQLite all went with their table
DROP INDEX IF EXISTS newsletters_subscription_person;
CREATE INDEX IF NOT EXISTS newsletters_subscription_slow ON newsletters_subscription (newsletter, person_id)
    WHERE ended_at = 0 AND pace <> 'at-once';
