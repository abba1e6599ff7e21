-- +goose Up
-- What the issue says by text message; '' is nothing: then it goes by e-mail alone.
ALTER TABLE newsletters_issue ADD COLUMN sms_text text NOT NULL DEFAULT '';
