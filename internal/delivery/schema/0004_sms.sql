-- +goose Up
-- What the gateway was told to report on: a row for each part of a text message that it took, under the name that it gave
-- the part. A receipt that comes before its message is on record waits here with person 0, for a day.
CREATE TABLE delivery_sms_part (
    id      text   NOT NULL PRIMARY KEY,
    batch   bigint NOT NULL, -- 0: a note's
    person  bigint NOT NULL, -- or the note; 0: not known yet
    state   text   NOT NULL, -- sent, delivered, undelivered
    reason  text   NOT NULL, -- why undelivered: a category
    changed bigint NOT NULL
);
CREATE INDEX delivery_sms_part_message ON delivery_sms_part (batch, person);

-- When who wrote to us was last answered: once a day and number, by keyed digest.
CREATE TABLE delivery_sms_answer (
    digest  text   NOT NULL,
    command text   NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (digest, command)
);

-- A note may be a text message: to_address is a number then, and body_text all it says. After expires (0: never) it is
-- not worth sending.
ALTER TABLE delivery_note ADD COLUMN channel text NOT NULL DEFAULT 'email';
ALTER TABLE delivery_note ADD COLUMN expires bigint NOT NULL DEFAULT 0;
