-- How far a subject has come: whether an answer from before still holds.
select head from alis.subject where log = $1 and name = $2
