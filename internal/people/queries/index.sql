-- name: CountPeople :one
SELECT count(*) FROM people_person;

-- name: ForgetChanges :exec
-- What was changed about that person alone.
DELETE FROM people_change WHERE first_id = $1 AND last_id = $1;
