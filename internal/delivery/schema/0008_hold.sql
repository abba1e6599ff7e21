-- +goose Up
-- After an older copy of the database was restored, what was due before waits until somebody has checked it: it may
-- have been sent already, to people who have left since.
CREATE TABLE delivery_hold (
    id          bigint NOT NULL PRIMARY KEY,
    at          bigint NOT NULL, -- what was due, or created, before this waits
    released_at bigint NOT NULL, -- 0 while the hold lasts
    released_by text   NOT NULL
);
CREATE VIEW delivery_held AS SELECT at FROM delivery_hold WHERE released_at = 0;

-- One row. The beat grows while the program runs, and is also kept in a file beside the database. If the database's
-- beat is behind the file's, the database is an older copy.
CREATE TABLE delivery_beat (
    id   bigint NOT NULL PRIMARY KEY,
    beat bigint NOT NULL
);
