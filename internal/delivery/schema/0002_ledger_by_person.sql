-- +goose Up
-- The ledger lies in the order of its key, and a chunk is a stretch of that order: writing a message and taking it up
-- again cost one tree instead of three. A person's own messages are looked up batch by batch.
DROP VIEW delivery_facts;
DROP VIEW delivery_counts;
ALTER TABLE delivery_message RENAME TO delivery_message_old;

-- The ledger: one person, one batch. No address stands here: who she is is enough, and her address may change.
-- When she is erased, person becomes a number below zero that means nobody.
CREATE TABLE delivery_message (
    batch    bigint NOT NULL REFERENCES delivery_batch (id),
    person   bigint NOT NULL,
    state    text   NOT NULL, -- waiting, sent, refused, later, suppressed, withdrawn, cancelled
    reason   text   NOT NULL, -- why refused or later: a category, never a text that a server wrote
    code     bigint NOT NULL, -- the last SMTP reply code; 0: none
    attempts bigint NOT NULL, -- how often the message itself was tried
    next_at  bigint NOT NULL, -- when it may be tried; matters while waiting or later
    changed  bigint NOT NULL, -- when state last changed
    PRIMARY KEY (batch, person)
) /*sqlite: WITHOUT ROWID*/ /*postgres: WITH (fillfactor = 50)*/; -- room for each row's outcome beside it
INSERT INTO delivery_message (batch, person, state, reason, code, attempts, next_at, changed)
SELECT batch, person, state, reason, code, attempts, next_at, changed FROM delivery_message_old ORDER BY batch, person;
DROP TABLE delivery_message_old;

-- A chunk is what one worker takes at a time: the messages to persons after person_after, up to person_through. due is
-- when it is to be looked at next, 0 when nothing of it is owed. fence grows with each lease, so that a worker who
-- wakes up late is known.
DROP TABLE delivery_chunk;
CREATE TABLE delivery_chunk (
    batch          bigint NOT NULL REFERENCES delivery_batch (id),
    number         bigint NOT NULL,
    person_after   bigint NOT NULL,
    person_through bigint NOT NULL,
    due            bigint NOT NULL,
    lease_until    bigint NOT NULL,
    fence          bigint NOT NULL,
    PRIMARY KEY (batch, number)
);
-- What is owed, in the order in which it is taken up.
CREATE INDEX delivery_chunk_owed ON delivery_chunk (number, due, batch) WHERE due > 0;
INSERT INTO delivery_chunk (batch, number, person_after, person_through, due, lease_until, fence)
SELECT batch, 0, 0, 9223372036854775807, MIN(next_at), 0, 0 FROM delivery_message
WHERE state IN ('waiting', 'later') AND person > 0 GROUP BY batch;

-- A batch is filled in steps, by person: filled is the last number whose turn has come, the greatest there is once all
-- have been asked.
ALTER TABLE delivery_batch ADD COLUMN filled bigint NOT NULL DEFAULT 9223372036854775807;

-- What other rooms may read.
CREATE VIEW delivery_facts AS
SELECT b.origin, b.ref, b.channel, m.batch, m.person, m.state, m.reason, m.attempts, m.changed
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch;

CREATE VIEW delivery_counts AS
SELECT b.origin, b.ref, b.channel, m.state, m.reason, count(*) AS messages,
       sum(CASE WHEN m.attempts > 1 THEN 1 ELSE 0 END) AS retried
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch
GROUP BY b.origin, b.ref, b.channel, m.state, m.reason;
