-- The subjects that carry a person's id, alone or before a slash (`goal:<trainee>/<code>`). Goes through
-- all names of the log: an export is rare, and no index knows the kinds there will be.
select name from alis.subject
where log = $1 and split_part(split_part(name, ':', 2), '/', 1) = $2
