select count(*) from alis.event_subject where log = $1 and position > $2 and position > (select head from alis.log where log = $1)
