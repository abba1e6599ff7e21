-- +goose Up
-- On PostgreSQL the two foreign keys of subscriptions took a third of an import's time: a query for each row and key.
-- What they kept is kept by who writes: a newsletter is never deleted, and whoever subscribes somebody holds her row in
-- people_person before the transaction ends, as does whoever erases her. On SQLite they cost nothing, and stay.
/*postgres: ALTER TABLE newsletters_subscription DROP CONSTRAINT newsletters_subscription_person_id_fkey; */
/*postgres: ALTER TABLE newsletters_subscription DROP CONSTRAINT newsletters_subscription_newsletter_fkey; */
SELECT 1;
