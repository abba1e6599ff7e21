-- +goose Up
-- The confirmed address with the greatest preference is the one that a person is written to on its channel. Among
-- equals it is the one with the lowest id, which was used before there was a choice.
ALTER TABLE people_address ADD COLUMN preference bigint NOT NULL DEFAULT 0;

-- Published: the address that each person is written to on each channel.
CREATE VIEW people_preferred AS
SELECT a.person_id, a.channel, a.id AS address_id, a.value FROM people_address a
WHERE a.verified_at > 0 AND NOT EXISTS (
    SELECT 1 FROM people_address b
    WHERE b.person_id = a.person_id AND b.channel = a.channel AND b.verified_at > 0
        AND (b.preference > a.preference OR (b.preference = a.preference AND b.id < a.id)));

-- A new address may replace the address with this id when it is confirmed; 0: it is an additional one.
ALTER TABLE people_signup ADD COLUMN replaces bigint NOT NULL DEFAULT 0;

-- Requests to open a person's own page, each by a link or a code. The row does not say whose address it is, and is the
-- same for an address that nobody has.
CREATE TABLE people_entry (
    id         bigint NOT NULL PRIMARY KEY,
    channel    text   NOT NULL,
    value      text   NOT NULL,
    asked_at   bigint NOT NULL,
    expires_at bigint NOT NULL,
    tries      bigint NOT NULL, -- how often a code was tried
    used_at    bigint NOT NULL -- 0: not used; it works once
);
CREATE INDEX people_entry_value ON people_entry (channel, value);

-- Browsers in which an own page is open. A session ends when its address is no longer hers.
CREATE TABLE people_session (
    digest     text   NOT NULL PRIMARY KEY, -- of the token in the browser's cookie
    person_id  bigint NOT NULL,
    address_id bigint NOT NULL,
    began_at   bigint NOT NULL,
    ends_at    bigint NOT NULL
);
CREATE INDEX people_session_person ON people_session (person_id);

-- The times of the last three messages that were requested for an address, the newest in at3. No fourth is sent within
-- the hour.
CREATE TABLE people_asked (
    channel text   NOT NULL,
    value   text   NOT NULL,
    what    text   NOT NULL, -- 'confirm' or 'entry'
    at1     bigint NOT NULL,
    at2     bigint NOT NULL,
    at3     bigint NOT NULL,
    PRIMARY KEY (channel, value, what)
);

-- The number of codes tried for an address in the day that began with the first.
CREATE TABLE people_guess (
    channel text   NOT NULL,
    value   text   NOT NULL,
    since   bigint NOT NULL,
    tries   bigint NOT NULL,
    PRIMARY KEY (channel, value)
);
