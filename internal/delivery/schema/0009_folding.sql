-- +goose Up
-- How far folding believes that time has come: one row. It follows the clock, but by a few days in a night at most, so
-- that a clock which ran ahead for a night makes nobody's messages old.
CREATE TABLE delivery_folding (
    id bigint NOT NULL PRIMARY KEY, -- 1
    at bigint NOT NULL
);

-- The few batches of which something is still to be done. Workers look for them each second.
CREATE INDEX delivery_batch_open ON delivery_batch (id) WHERE finished = 0;
