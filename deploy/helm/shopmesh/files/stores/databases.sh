# Makes the role and the database of each service that has an address in /addresses (or $1), or gives the role its password.
# It runs beside each start of the server, and may be broken off and run again. It speaks TCP, where the server that the
# image starts for its own preparation does not listen.
set -eu
export PGHOST=127.0.0.1 PGUSER="${PGUSER:-postgres}" PGPASSWORD="$POSTGRES_PASSWORD" PGDATABASE=postgres PGCONNECT_TIMEOUT=3
tries=0
until psql -Xqtc 'select 1' >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -ge 300 ]; then
    echo "the server does not answer" >&2
    exit 1
  fi
  sleep 0.4
done
for file in "${1:-/addresses}"/*; do
  url=$(cat "$file")
  rest=${url#postgresql://}
  role=${rest%%:*}
  rest=${rest#*:}
  psql -Xq -v ON_ERROR_STOP=1 -v role="$role" -v password="${rest%%@*}" -v database="${url##*/}" <<'SQL'
select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
alter role :"role" login password :'password';
select format('create database %I owner %I', :'database', :'role')
  where not exists (select from pg_database where datname = :'database') \gexec
revoke all on database :"database" from public;
SQL
done
