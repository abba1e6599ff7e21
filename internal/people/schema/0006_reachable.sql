-- +goose Up
-- Where persons can be written to, out of one table: who asks for the language asks the profile.
DROP VIEW people_reachable;
CREATE VIEW people_reachable AS
SELECT person_id, channel, id AS address_id, value FROM people_address WHERE verified_at > 0;
