-- +goose Up
-- The number that a part went to, as delivery_suppression knows it: what its receipt says is held against that number,
-- whichever its owner has by then. '' is not known: of parts that were sent before, and of receipts that came first.
ALTER TABLE delivery_sms_part ADD COLUMN digest text NOT NULL DEFAULT '';
