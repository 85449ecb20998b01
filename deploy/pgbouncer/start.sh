#!/bin/sh
# Writes the list of users that pgbouncer.ini names, and becomes pgbouncer.
set -eu
umask 077
printf '"booking" "%s"\n' "$(cat /run/secrets/database-password)" >/etc/pgbouncer/userlist.txt
exec pgbouncer /etc/pgbouncer/pgbouncer.ini
