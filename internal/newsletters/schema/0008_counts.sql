-- +goose Up
-- The number of subscribers of each newsletter in ranges of persons, so that a page need not read all subscriptions. A
-- range that changes is counted again. Until then counted is false, or the feed of changes names somebody in it. The
-- ranges are adjacent, from the smallest possible number to the largest.
CREATE TABLE newsletters_count_range (
    first_id bigint  NOT NULL PRIMARY KEY, -- from … to, inclusive
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

-- How far the feed of changes was read, and in which database. There is at most one row.
CREATE TABLE newsletters_count_place (
    id       bigint NOT NULL PRIMARY KEY, -- 1
    turn     bigint NOT NULL,
    database bigint NOT NULL
);
