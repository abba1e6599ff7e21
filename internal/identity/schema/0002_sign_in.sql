-- +goose Up
-- generation grows with each deactivation: earlier sessions and invitations stay invalid when the account is active
-- again.
ALTER TABLE identity_staff ADD COLUMN generation bigint NOT NULL DEFAULT 0;
-- The account's own telephone, confirmed by a code; '' for none.
ALTER TABLE identity_staff ADD COLUMN mobile text NOT NULL DEFAULT '';

ALTER TABLE identity_token ADD COLUMN owner_id bigint NOT NULL DEFAULT 0; -- the account it acts for; 0 for a token of the town
ALTER TABLE identity_token ADD COLUMN created_by text NOT NULL DEFAULT '';
ALTER TABLE identity_token ADD COLUMN used_at bigint NOT NULL DEFAULT 0; -- known to the hour

-- Rate limits: each attempt adds to a key's debt, and time pays it back. One row per key, for all nodes.
CREATE TABLE identity_debt (
    key     text   PRIMARY KEY, -- what is limited, and the digest of whom: "pair/…"
    paid_at bigint NOT NULL     -- when nothing is owed any more
);
CREATE INDEX identity_debt_paid ON identity_debt (paid_at);

-- The networks that an account signed in from lately: strangers who guess cannot lock it out there.
CREATE TABLE identity_network (
    staff_id bigint NOT NULL REFERENCES identity_staff (id) ON DELETE CASCADE,
    network  text   NOT NULL, -- a keyed digest of the address, or of the /64 of an IPv6 address
    used_at  bigint NOT NULL,
    PRIMARY KEY (staff_id, network)
);

-- A number that waits for its code.
CREATE TABLE identity_mobile (
    staff_id   bigint PRIMARY KEY REFERENCES identity_staff (id) ON DELETE CASCADE,
    mobile     text   NOT NULL,
    code       text   NOT NULL, -- a keyed digest
    tries      bigint NOT NULL,
    expires_at bigint NOT NULL
);

DROP TABLE identity_failure;
