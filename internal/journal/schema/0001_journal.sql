-- +goose Up
-- The entries of the journal whose deeds this database has. It says that there was one and when, and neither of whom nor
-- what. What an entry says stands in the journal's files alone.
CREATE TABLE journal_entry (
    id       bigint NOT NULL PRIMARY KEY,
    noted_at bigint NOT NULL
);
CREATE INDEX journal_entry_noted ON journal_entry (noted_at);
