-- +goose Up
-- How many people are subscribed to each newsletter, for each of some ranges of persons, so that a page need not go through
-- all subscriptions. A range in which something changed is counted again. Until then counted is false, or the feed of
-- changes names somebody in it. The ranges lie side by side, from the least number there is to the greatest.
CREATE TABLE newsletters_count_range (
    first_id bigint  NOT NULL PRIMARY KEY, -- persons from … to, both included
    last_id  bigint  NOT NULL,
    counted  boolean NOT NULL
);
CREATE INDEX newsletters_count_range_uncounted ON newsletters_count_range (first_id) WHERE NOT counted;

CREATE TABLE newsletters_count (
    first_id   bigint NOT NULL, -- of the range
    newsletter text   NOT NULL,
    people     bigint NOT NULL,
    cell_keys  bigint NOT NULL, -- the sum of their secret keys; see package disclosure
    PRIMARY KEY (first_id, newsletter)
) /*sqlite: WITHOUT ROWID*/;

-- How far the feed of changes was read, and in which database. There is one row, or none.
CREATE TABLE newsletters_count_place (
    id       bigint NOT NULL PRIMARY KEY, -- 1
    turn     bigint NOT NULL,
    database bigint NOT NULL
);
