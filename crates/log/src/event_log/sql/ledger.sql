-- Whether a command was accepted before: asked only when a rule has said no.
select fingerprint, head, reply::text from alis.command where log = $1 and key = $2
