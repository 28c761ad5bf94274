select person, wrapped from alis.person_key where log = $1 and person = any ($2)
