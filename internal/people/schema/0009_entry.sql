-- +goose Up
-- Of the confirmed addresses of one channel a person is written to at one: that with the greatest preference; of equals
-- the lowest id, which is the one that was used before there was a choice.
ALTER TABLE people_address ADD COLUMN preference bigint NOT NULL DEFAULT 0;

-- Published: where persons are written to, one address for each person and channel.
CREATE VIEW people_preferred AS
SELECT a.person_id, a.channel, a.id AS address_id, a.value FROM people_address a
WHERE a.verified_at > 0 AND NOT EXISTS (
    SELECT 1 FROM people_address b
    WHERE b.person_id = a.person_id AND b.channel = a.channel AND b.verified_at > 0
        AND (b.preference > a.preference OR (b.preference = a.preference AND b.id < a.id)));

-- A new address that waits may take the place of another of hers, the one with that id; 0: it is one more.
ALTER TABLE people_signup ADD COLUMN replaces bigint NOT NULL DEFAULT 0;

-- The ways into an own page that were asked for: each a link or a code, sent to the address if it is somebody's. Whose it
-- is is not known here: a row is the same for an address that is nobody's.
CREATE TABLE people_entry (
    id         bigint NOT NULL PRIMARY KEY,
    channel    text   NOT NULL,
    value      text   NOT NULL,
    asked_at   bigint NOT NULL,
    expires_at bigint NOT NULL,
    tries      bigint NOT NULL, -- how often a code was tried
    used_at    bigint NOT NULL  -- 0: not yet; it is used once
);
CREATE INDEX people_entry_value ON people_entry (channel, value);

-- Browsers that came in by such a way. A session ends with the address that it came in by.
CREATE TABLE people_session (
    digest     text   NOT NULL PRIMARY KEY, -- of the token in the browser's cookie
    person_id  bigint NOT NULL,
    address_id bigint NOT NULL,
    began_at   bigint NOT NULL,
    ends_at    bigint NOT NULL
);
CREATE INDEX people_session_person ON people_session (person_id);

-- The last three messages that somebody asked us to send to an address, the newest in at3: no fourth goes within the hour.
CREATE TABLE people_asked (
    channel text   NOT NULL,
    value   text   NOT NULL,
    what    text   NOT NULL, -- 'confirm' or 'entry'
    at1     bigint NOT NULL,
    at2     bigint NOT NULL,
    at3     bigint NOT NULL,
    PRIMARY KEY (channel, value, what)
);

-- How many codes were tried for an address in the day that began with the first.
CREATE TABLE people_guess (
    channel text   NOT NULL,
    value   text   NOT NULL,
    since   bigint NOT NULL,
    tries   bigint NOT NULL,
    PRIMARY KEY (channel, value)
);
