update alis.secret set wrapped = $3 where name = $1 and wrapped = $2
