select person, wrapped from alis.person_key where log = $1 and person > $2 order by person limit $3
