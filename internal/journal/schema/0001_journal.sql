-- +goose Up
-- The journal entries whose transactions this database committed: their numbers and times. The content of an entry is
-- in the journal's files only.
CREATE TABLE journal_entry (
    id       bigint NOT NULL PRIMARY KEY,
    noted_at bigint NOT NULL
);
CREATE INDEX journal_entry_noted ON journal_entry (noted_at);
