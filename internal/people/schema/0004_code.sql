-- +goose Up
-- An address that is a telephone answers with a code: code_at is when the last was made (0: none), tries how often one was
-- tried since. The code itself is nowhere kept.
ALTER TABLE people_signup ADD COLUMN code_at bigint NOT NULL DEFAULT 0;
ALTER TABLE people_signup ADD COLUMN tries bigint NOT NULL DEFAULT 0;
