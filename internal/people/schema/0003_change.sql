-- +goose Up
-- Whom something changed about, for those who keep what they know of people in memory (the index that answers counts):
-- noted in the transaction that changes it, read by every node, swept after a day. It says of whom, never what.
CREATE TABLE people_change (
    turn     bigint NOT NULL, -- of the transaction: nodes read from the turn on before which all had ended
    first_id bigint NOT NULL, -- persons from … to, both included
    last_id  bigint NOT NULL,
    noted_at bigint NOT NULL  -- by the database's clock
);
CREATE INDEX people_change_turn ON people_change (turn);
