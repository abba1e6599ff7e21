-- +goose Up
-- After an older copy of the database was put back, what was due before waits until a person has looked: it may have
-- gone out already, to people who have left since.
CREATE TABLE delivery_hold (
    id          bigint NOT NULL PRIMARY KEY,
    at          bigint NOT NULL, -- what was due, or made, until then waits
    released_at bigint NOT NULL, -- 0 while it stands
    released_by text   NOT NULL
);
CREATE VIEW delivery_held AS SELECT at FROM delivery_hold WHERE released_at = 0;

-- One row. The beat grows while the program runs, and is kept in a file beside the database, too: a database whose beat is
-- behind the file's is an older copy.
CREATE TABLE delivery_beat (
    id   bigint NOT NULL PRIMARY KEY,
    beat bigint NOT NULL
);
