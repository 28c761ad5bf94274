-- The first one to come decides; later ones read what was kept.
insert into alis.secret (name, wrapped) values ($1, $2) on conflict (name) do nothing
