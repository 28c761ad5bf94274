select count(*) from alis.person_key where log = $1
