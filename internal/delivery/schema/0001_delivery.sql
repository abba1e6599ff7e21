-- +goose Up
-- One sending: what ref (an issue, say) of origin (a room's thing) says, over one channel. Times are UTC unix
-- milliseconds, 0 is "never"; created, at, due and next_at are by the town's clock, lease_until by the database's.
CREATE TABLE delivery_batch (
    id        bigint NOT NULL PRIMARY KEY,
    origin    text   NOT NULL,
    ref       bigint NOT NULL,
    channel   text   NOT NULL,
    created   bigint NOT NULL,
    at        bigint NOT NULL, -- when it may begin
    cancelled bigint NOT NULL,
    finished  bigint NOT NULL,
    UNIQUE (origin, ref, channel) -- pressing twice adds nothing
);

-- A chunk is what one worker takes at a time. due is when it is to be looked at next, 0 when nothing of it is owed.
-- fence grows with each lease, so that a worker who wakes up late is known.
CREATE TABLE delivery_chunk (
    batch       bigint NOT NULL REFERENCES delivery_batch (id),
    number      bigint NOT NULL,
    due         bigint NOT NULL,
    lease_until bigint NOT NULL,
    fence       bigint NOT NULL,
    PRIMARY KEY (batch, number)
);
CREATE INDEX delivery_chunk_due ON delivery_chunk (due);

-- The ledger: one person, one batch. No address stands here: who she is is enough, and her address may change.
-- When she is erased, person becomes a number below zero that means nobody.
CREATE TABLE delivery_message (
    batch    bigint NOT NULL REFERENCES delivery_batch (id),
    person   bigint NOT NULL,
    chunk    bigint NOT NULL,
    state    text   NOT NULL, -- waiting, sent, refused, later, suppressed, withdrawn, cancelled
    reason   text   NOT NULL, -- why refused or later: a category, never a text that a server wrote
    code     bigint NOT NULL, -- the last SMTP reply code; 0: none
    attempts bigint NOT NULL, -- how often the message itself was tried
    next_at  bigint NOT NULL, -- when it may be tried; matters while waiting or later
    changed  bigint NOT NULL, -- when state last changed
    PRIMARY KEY (batch, person)
);
CREATE INDEX delivery_message_chunk ON delivery_message (batch, chunk, person);
CREATE INDEX delivery_message_person ON delivery_message (person);

-- Addresses that get nothing, as keyed digests: the list betrays nobody.
CREATE TABLE delivery_suppression (
    digest  text   NOT NULL PRIMARY KEY,
    reason  text   NOT NULL,
    created bigint NOT NULL
);

-- Single mails: confirmations, links. Recipient and texts are erased once the mail is sent or given up.
CREATE TABLE delivery_note (
    id           bigint NOT NULL PRIMARY KEY,
    kind         text   NOT NULL,
    person       bigint NOT NULL, -- 0: not known
    to_address   text   NOT NULL,
    to_name      text   NOT NULL,
    from_address text   NOT NULL,
    from_name    text   NOT NULL,
    language     text   NOT NULL,
    subject      text   NOT NULL,
    body_text    text   NOT NULL,
    body_html    text   NOT NULL,
    state        text   NOT NULL,
    reason       text   NOT NULL,
    code         bigint NOT NULL,
    attempts     bigint NOT NULL,
    due          bigint NOT NULL, -- 0 when nothing is owed
    created      bigint NOT NULL,
    changed      bigint NOT NULL,
    lease_until  bigint NOT NULL,
    fence        bigint NOT NULL
);
CREATE INDEX delivery_note_due ON delivery_note (due);
CREATE INDEX delivery_note_person ON delivery_note (person);

-- What other rooms may read.
CREATE VIEW delivery_facts AS
SELECT b.origin, b.ref, b.channel, m.batch, m.person, m.state, m.reason, m.attempts, m.changed
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch;

CREATE VIEW delivery_counts AS
SELECT b.origin, b.ref, b.channel, m.state, m.reason, count(*) AS messages,
       sum(CASE WHEN m.attempts > 1 THEN 1 ELSE 0 END) AS retried
FROM delivery_message m JOIN delivery_batch b ON b.id = m.batch
GROUP BY b.origin, b.ref, b.channel, m.state, m.reason;
