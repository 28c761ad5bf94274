-- The newest position recorded at or before an instant; recorded_at never runs backwards.
select position from alis.event
where log = $1 and recorded_at <= $2
order by recorded_at desc, position desc
limit 1
