select alis.publish_checkpoint($1, $2, $3, $4)
