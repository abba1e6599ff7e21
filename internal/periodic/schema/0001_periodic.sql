-- +goose Up
-- One row for each task, from the first time it was seen. Times are UTC unix milliseconds; slot and retry_at by the
-- town's clock, lease_until by the database's.
CREATE TABLE periodic_task (
    name        text   NOT NULL PRIMARY KEY,
    slot        bigint NOT NULL, -- the last slot that was worked off
    retry_at    bigint NOT NULL, -- not before, after a failure; 0 = now
    failures    bigint NOT NULL, -- in a row
    lease_until bigint NOT NULL,
    fence       bigint NOT NULL  -- grows with each lease, so that a node that wakes up late is known
);
