-- +goose Up
-- When the ledger began to let go of the batch's messages, one stretch of persons after another; 0 while it holds them
-- all. A batch that is folded is closed for good: who was served is not known any more, so nobody may be added.
ALTER TABLE delivery_batch ADD COLUMN folded bigint NOT NULL DEFAULT 0;

-- What was known of single messages of a folded batch, as numbers. What is shown of a batch is the sum of these and of the
-- rows that are still there.
CREATE TABLE delivery_total (
    batch    bigint NOT NULL REFERENCES delivery_batch (id),
    kind     text   NOT NULL, -- of what: message, return, receipt
    state    text   NOT NULL, -- a message's state; a return's hard, soft, complaint; a receipt's delivered, undelivered
    reason   text   NOT NULL, -- of a message or a return
    hour     bigint NOT NULL, -- of messages that were sent: in which hour since 1970; else 0
    messages bigint NOT NULL,
    retried  bigint NOT NULL, -- of the messages: tried more than once
    PRIMARY KEY (batch, kind, state, reason, hour)
) /*sqlite: WITHOUT ROWID*/;

-- What other rooms may read: the numbers of each batch, to be summed. A message that the ledger still holds is a row of one.
DROP VIEW delivery_counts;
CREATE VIEW delivery_counts AS
SELECT b.origin, b.ref, b.channel, m.state, m.reason, CASE WHEN m.state = 'sent' THEN m.changed / 3600000 ELSE 0 END AS hour,
       CAST(1 AS bigint) AS messages, CAST(CASE WHEN m.attempts > 1 THEN 1 ELSE 0 END AS bigint) AS retried
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch
UNION ALL
SELECT b.origin, b.ref, b.channel, t.state, t.reason, t.hour, t.messages, t.retried
FROM delivery_total t JOIN delivery_batch b ON b.id = t.batch WHERE t.kind = 'message';
