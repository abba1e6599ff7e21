-- +goose Up
-- The time that folding uses: one row. It follows the clock by at most a few days a night, so that a clock that ran
-- ahead for a night makes no messages old.
CREATE TABLE delivery_folding (
    id bigint NOT NULL PRIMARY KEY, -- 1
    at bigint NOT NULL
);

-- The few batches that are not finished. Workers look for them each second.
CREATE INDEX delivery_batch_open ON delivery_batch (id) WHERE finished = 0;
