-- +goose Up
-- When several issues go in one mail, and how many messages a week anybody gets at most; '' and 0 are the program's own.
ALTER TABLE town_town ADD COLUMN digest_daily  text   NOT NULL DEFAULT ''; -- "07:00"
ALTER TABLE town_town ADD COLUMN digest_weekly text   NOT NULL DEFAULT ''; -- "friday 07:00"
ALTER TABLE town_town ADD COLUMN most_a_week   bigint NOT NULL DEFAULT 0;
