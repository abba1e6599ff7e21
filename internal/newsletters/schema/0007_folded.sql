-- +goose Up
-- Of who was refused in a digest it is counted why, too, once delivery's ledger keeps only numbers of it.
ALTER TABLE newsletters_digested RENAME TO newsletters_digested_old;

-- What became of an issue in a digest that is finished: how many people's mail ended in which state of the ledger.
CREATE TABLE newsletters_digested (
    issue  bigint NOT NULL,
    digest bigint NOT NULL,
    state  text   NOT NULL,
    reason text   NOT NULL, -- why it was refused; '' of the other states
    people bigint NOT NULL,
    PRIMARY KEY (issue, digest, state, reason)
);
INSERT INTO newsletters_digested (issue, digest, state, reason, people)
SELECT issue, digest, state, '', people FROM newsletters_digested_old;
DROP TABLE newsletters_digested_old;
