-- +goose Up
-- Consents are judged by the age on the day of the consent, whenever they are read.
ALTER TABLE people_consent ADD COLUMN given_on bigint NOT NULL DEFAULT 0;       -- yyyymmdd, the day in the town
ALTER TABLE people_consent ADD COLUMN parent   text   NOT NULL DEFAULT '';      -- the parent who consented for her; '' = she herself
ALTER TABLE people_consent ADD COLUMN void     boolean NOT NULL DEFAULT false;  -- invalid: given below 14, and not by a parent

-- Older consents lack their day in the town's calendar. An import stored midnight, which is 22:00 or 23:00 of the day
-- before in UTC. For others the day in UTC is never later than the town's, so that nobody is taken for older than she
-- was.
/*sqlite: UPDATE people_consent SET given_on = CAST(strftime('%Y%m%d', (granted_at + CASE WHEN proof LIKE 'CSV:%' THEN 7200000 ELSE 0 END) / 1000, 'unixepoch') AS bigint); */
/*postgres: UPDATE people_consent SET given_on = CAST(to_char(to_timestamp((granted_at + CASE WHEN proof LIKE 'CSV:%' THEN 7200000 ELSE 0 END) / 1000.0) AT TIME ZONE 'UTC', 'YYYYMMDD') AS bigint); */
UPDATE people_consent SET void = true WHERE EXISTS (SELECT 1 FROM people_person p
    WHERE p.id = people_consent.person_id AND p.born > 0 AND people_consent.given_on - p.born < 140000);

-- Published: the consents that stand.
DROP VIEW people_consenting;
CREATE VIEW people_consenting AS
SELECT person_id, purpose, granted_at FROM people_consent WHERE ended_at = 0 AND NOT void;
