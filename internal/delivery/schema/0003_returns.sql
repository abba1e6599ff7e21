-- +goose Up
-- Whose sending it is: a newsroom, say. What comes back is held against an account; '' is nobody's.
ALTER TABLE delivery_batch ADD COLUMN account text NOT NULL DEFAULT '';
CREATE INDEX delivery_batch_account ON delivery_batch (account, finished);

-- What came back: one row for a message and a kind, however many notices of it come. Of a note, batch is 0 and person
-- is the note.
CREATE TABLE delivery_return (
    batch  bigint NOT NULL,
    person bigint NOT NULL,
    kind   text   NOT NULL, -- hard, soft, complaint
    digest text   NOT NULL, -- the address it is held against, as delivery_suppression knows it; '' is none
    reason text   NOT NULL, -- a word of package bounce, never a text that a server wrote
    status text   NOT NULL, -- enhanced status code (RFC 3463); '' when unknown
    at     bigint NOT NULL,
    lifted boolean NOT NULL, -- its address has answered since: it is held against none any more
    PRIMARY KEY (batch, person, kind)
);
CREATE INDEX delivery_return_digest ON delivery_return (digest, kind, at) WHERE digest <> '';
CREATE INDEX delivery_return_at ON delivery_return (at);

-- Accounts whose batches stand still, because too much of what they sent came back. Rows are added, and the only change
-- one ever sees is that it is lifted.
CREATE TABLE delivery_brake (
    id        bigint NOT NULL PRIMARY KEY,
    account   text   NOT NULL,
    since     bigint NOT NULL,
    reason    text   NOT NULL, -- bounces, complaints
    returned  bigint NOT NULL, -- so many came back …
    accepted  bigint NOT NULL, -- … of so many that the relay had taken
    lifted_at bigint NOT NULL, -- 0 while it holds
    lifted_by text   NOT NULL
);
CREATE UNIQUE INDEX delivery_brake_holding ON delivery_brake (account) WHERE lifted_at = 0;
CREATE INDEX delivery_brake_account ON delivery_brake (account, lifted_at);
