-- +goose Up
-- What an account asked on a day of the town's calendar: how many figures and bands it was shown, how many of their
-- audiences hardly differed from an earlier one, and when the alarm about that was raised (0: never). A question locks
-- the account's row, so that two questions at once do not spend the same figure.
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

-- The figures that an account was shown. Asking for one of them again is free.
CREATE TABLE disclosure_asked (
    account_id bigint  NOT NULL,
    day        bigint  NOT NULL,
    digest     text    NOT NULL, -- keyed digest of the question
    banded     boolean NOT NULL, -- shown as a band, after the budget was spent
    sketch     text    NOT NULL, -- of the set of people: shows whether two sets hardly differ, and names nobody
    PRIMARY KEY (account_id, day, digest)
);

-- Numbers that are viewed again and again: the number of people and the sum of their keys behind what was shown last.
CREATE TABLE disclosure_settled (
    name     text   NOT NULL PRIMARY KEY,
    people   bigint NOT NULL,
    keys_sum bigint NOT NULL,
    since    bigint NOT NULL
);
