-- +goose Up
-- The one town that this database serves: one row, id 1.
CREATE TABLE town_town (
    id         bigint  PRIMARY KEY,
    name       text    NOT NULL,
    domain     text    NOT NULL, -- of mail and list identifiers, stable for ever
    languages  text    NOT NULL, -- codes separated by commas, the default first
    time_zone  text    NOT NULL, -- IANA name
    region     text    NOT NULL, -- ISO 3166 country, for telephone numbers
    changed_at bigint  NOT NULL
);
