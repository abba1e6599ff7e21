-- +goose Up
-- How often a subscription writes by e-mail: 'at-once', 'daily' or 'weekly'.
ALTER TABLE newsletters_subscription ADD COLUMN pace text NOT NULL DEFAULT 'at-once';
CREATE INDEX newsletters_subscription_slow ON newsletters_subscription (newsletter, person_id)
    WHERE ended_at = 0 AND pace <> 'at-once';

-- Goes to everybody at once, whatever pace, pause or bound.
ALTER TABLE newsletters_issue ADD COLUMN urgent boolean NOT NULL DEFAULT false;

-- How somebody wants to be written to, beside the pace of each subscription. Who has no row has said nothing.
CREATE TABLE newsletters_rhythm (
    person_id    bigint NOT NULL PRIMARY KEY,
    pace         text   NOT NULL, -- of what comes by profile
    paused_until bigint NOT NULL, -- nothing comes before; 0 = no pause
    most_a_week  bigint NOT NULL  -- messages; 0 = as many as the town allows
);
CREATE INDEX newsletters_rhythm_slow ON newsletters_rhythm (person_id) WHERE pace <> 'at-once';
CREATE INDEX newsletters_rhythm_paused ON newsletters_rhythm (paused_until) WHERE paused_until > 0;

-- What somebody is owed in a digest. A row goes when its digest has gone, unless her mail was refused: then it may be tried
-- again.
CREATE TABLE newsletters_kept (
    person_id bigint NOT NULL,
    issue     bigint NOT NULL,
    pace      text   NOT NULL, -- of the slot that it waits for
    kept_at   bigint NOT NULL, -- the first slot after that is its own
    digest    bigint NOT NULL, -- 0 until its slot has come
    PRIMARY KEY (person_id, issue)
) /*sqlite: WITHOUT ROWID*/;
CREATE INDEX newsletters_kept_issue ON newsletters_kept (issue, digest);
CREATE INDEX newsletters_kept_digest ON newsletters_kept (digest, person_id);

-- The mails of one slot: what was kept for a daily and for a weekly slot before these moments.
CREATE TABLE newsletters_digest (
    id            bigint NOT NULL PRIMARY KEY,
    slot          bigint NOT NULL UNIQUE, -- so that a slot is made once
    daily_before  bigint NOT NULL,
    weekly_before bigint NOT NULL,
    made_at       bigint NOT NULL,
    finished_at   bigint NOT NULL
);

-- What became of an issue in a digest that is finished: how many people's mail ended in which state of the ledger.
CREATE TABLE newsletters_digested (
    issue  bigint NOT NULL,
    digest bigint NOT NULL,
    state  text   NOT NULL,
    people bigint NOT NULL,
    PRIMARY KEY (issue, digest, state)
);
