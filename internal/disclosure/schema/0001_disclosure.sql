-- +goose Up
-- What an account asked on a day of the town's calendar: how many figures it was shown, how many of their audiences hardly
-- differed from an earlier one, and when it was noticed that these are many (0: it was not). The row is taken by whoever
-- asks for the account, so that two questions at once do not spend the same figure.
CREATE TABLE disclosure_day (
    account_id bigint NOT NULL,
    day        bigint NOT NULL, -- yyyymmdd
    account    text   NOT NULL, -- the account's name
    spent      bigint NOT NULL,
    bands      bigint NOT NULL,
    alike      bigint NOT NULL,
    alarmed_at bigint NOT NULL,
    PRIMARY KEY (account_id, day)
);
CREATE INDEX disclosure_day_alarmed ON disclosure_day (alarmed_at);

-- The figures that an account was shown: asking again is free.
CREATE TABLE disclosure_asked (
    account_id bigint  NOT NULL,
    day        bigint  NOT NULL,
    digest     text    NOT NULL, -- of the question, keyed
    banded     boolean NOT NULL, -- it was shown as a band, past the budget
    sketch     text    NOT NULL, -- of the set of people: tells whether two hardly differ, and nobody's name
    PRIMARY KEY (account_id, day, digest)
);

-- Numbers that are looked at again and again: what was shown last, and of how many people.
CREATE TABLE disclosure_settled (
    name     text   NOT NULL PRIMARY KEY,
    people   bigint NOT NULL,
    keys_sum bigint NOT NULL,
    since    bigint NOT NULL
);
