-- +goose Up
-- Of a person and a newsletter one subscription on a channel stands at a time, as before; but the index that keeps this
-- lies in the order of persons, in which an import appends, and answers what is asked of a person. What has ended has an
-- index of its own, which costs an import nothing. On SQLite the foreign keys go too, as they did on PostgreSQL (see
-- 0002): each was a look into another tree for every row.
DROP INDEX newsletters_subscription_standing;
DROP INDEX newsletters_subscription_person;
/*sqlite: CREATE TABLE newsletters_subscription_new (id bigint NOT NULL PRIMARY KEY, person_id bigint NOT NULL, newsletter text NOT NULL, channel text NOT NULL, began_at bigint NOT NULL, began_how text NOT NULL, began_by text NOT NULL, ended_at bigint NOT NULL, ended_how text NOT NULL, ended_why text NOT NULL, ended_by text NOT NULL, ended_issue bigint NOT NULL); */
/*sqlite: INSERT INTO newsletters_subscription_new SELECT id, person_id, newsletter, channel, began_at, began_how, began_by, ended_at, ended_how, ended_why, ended_by, ended_issue FROM newsletters_subscription ORDER BY id; */
/*sqlite: DROP TABLE newsletters_subscription; */
/*sqlite: ALTER TABLE newsletters_subscription_new RENAME TO newsletters_subscription; */
CREATE UNIQUE INDEX newsletters_subscription_standing
    ON newsletters_subscription (person_id, newsletter, channel) WHERE ended_at = 0;
CREATE INDEX newsletters_subscription_ended ON newsletters_subscription (person_id, newsletter) WHERE ended_at > 0;
