#!/bin/sh
# Writes the secrets that docker-compose.yml mounts, with random values, and whose they are.
#
#   secrets/database_password.txt   of the database's owner, who migrates
#   secrets/service_password.txt    of the service's own login there
#   secrets/issuer_key.txt          32 bytes, base64: signs the tokens of the issuer for trying it out
#   secrets/master_key.txt          32 bytes, base64: seals names and HPR numbers; keep a copy of it
#                                   apart from the database, without it they cannot be read again
#   secrets/checkpoint_key.txt      32 bytes, base64: signs the checkpoints of the log
#   .env                            ALIS_UID and ALIS_GID, the account the service runs under
#
# What is there already stays as it is.
#
# Compose mounts these files as they are, so the account inside the container must be the one that
# owns them here: only the owner may read them (mode 0600). Root's files would need a root inside
# the container, so run by root they are handed to the image's own account. Where containers have a
# user namespace (rootless Docker, Podman), your account is called 0 inside: set both to 0 in .env.
set -eu
umask 077
cd "$(dirname "$0")/.."

IMAGE_ACCOUNT=65532 # as in the Dockerfile

main() {
    mkdir -p secrets
    if [ "$(id -u)" -eq 0 ]; then
        owner=$IMAGE_ACCOUNT group=$IMAGE_ACCOUNT
    else
        owner=$(id -u) group=$(id -g)
    fi
    write secrets/database_password.txt hex
    write secrets/service_password.txt hex
    write secrets/issuer_key.txt base64
    write secrets/master_key.txt base64
    write secrets/checkpoint_key.txt base64
    if [ ! -e .env ] || ! grep -q '^ALIS_UID=' .env; then
        printf 'ALIS_UID=%s\nALIS_GID=%s\n' "$owner" "$group" >>.env
        echo "Wrote .env"
    fi
}

# write FILE hex|base64: 32 random bytes, on one line without its end.
write() {
    if [ -e "$1" ]; then
        echo "Kept $1"
        return
    fi
    # Moved into place whole, so that an interrupted run leaves no half a key behind.
    case $2 in
    hex) head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' ;;
    base64) head -c 32 /dev/urandom | base64 | tr -d '\n' ;;
    esac >"$1.new"
    [ "$(id -u)" -ne 0 ] || chown "$owner:$group" "$1.new"
    mv "$1.new" "$1"
    echo "Wrote $1"
}

main
