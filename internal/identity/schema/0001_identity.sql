-- +goose Up
CREATE TABLE identity_staff (
    id            bigint  PRIMARY KEY,
    email         text    NOT NULL UNIQUE, -- folded to lower case
    name          text    NOT NULL,
    role          text    NOT NULL,
    password_hash text    NOT NULL,        -- argon2id in PHC form; '' until the invitation is taken up
    active        boolean NOT NULL,
    created_at    bigint  NOT NULL,
    signed_in_at  bigint  NOT NULL
);

-- The newsrooms that bound an account's rights, by slug; a slug, for newsrooms live on a higher floor.
CREATE TABLE identity_staff_newsroom (
    staff_id bigint NOT NULL REFERENCES identity_staff (id) ON DELETE CASCADE,
    newsroom text   NOT NULL,
    PRIMARY KEY (staff_id, newsroom)
);

CREATE TABLE identity_session (
    token_hash text   PRIMARY KEY, -- SHA-256 of the cookie's value: a copy of the database opens no session
    data       bytea  NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX identity_session_expires ON identity_session (expires_at);

CREATE TABLE identity_token (
    id         bigint PRIMARY KEY,
    token_hash text   NOT NULL UNIQUE,
    label      text   NOT NULL,
    role       text   NOT NULL,
    newsroom   text   NOT NULL, -- '' for every newsroom
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at   bigint NOT NULL
);

-- One row per try to sign in that failed, kept for an hour: what throttling counts.
CREATE TABLE identity_failure (
    id    bigint PRIMARY KEY,
    email text   NOT NULL,
    at    bigint NOT NULL
);
CREATE INDEX identity_failure_email ON identity_failure (email, at);

-- Who did what to what, append-only.
CREATE TABLE identity_audit (
    id         bigint PRIMARY KEY,
    at         bigint NOT NULL,
    actor_kind text   NOT NULL,
    actor_id   bigint NOT NULL,
    actor_name text   NOT NULL,
    action     text   NOT NULL, -- key of the words: audit.<room>.<verb>
    subject    text   NOT NULL, -- what it was done to: "issue teatro/2026-11", "person 123"
    detail     text   NOT NULL
);
CREATE INDEX identity_audit_at ON identity_audit (at);
CREATE INDEX identity_audit_subject ON identity_audit (subject);
