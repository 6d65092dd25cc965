#!/bin/sh
# Creates app.aot, the JDK's AOT cache (JEP 483, 514), for the quarkus-run.jar in this folder. The service
# starts on its own PostgreSQL, answers some requests and stops. The JDK stores the classes that it
# loaded and linked. A run without database and requests makes a less useful cache.
# Needs curl, openssl, and PostgreSQL's programs in PATH. Root cannot run it.
set -eu

# More requests load no more classes.
requests=20

temp=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true
  pg_ctl -D "$temp/data" -m immediate stop >/dev/null 2>&1; rm -rf "$temp"' EXIT
initdb -D "$temp/data" -U postgres -A trust -E UTF8 >/dev/null
pg_ctl -D "$temp/data" -w -l "$temp/log" \
  -o "-p 54399 -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" start >/dev/null
psql -q postgresql://postgres@127.0.0.1:54399 -c 'create role taskward login' \
  -c 'create database taskward owner taskward'

export BETTER_AUTH_SECRET=for-the-training-run-and-nothing-else
export DATABASE_URL=postgresql://taskward@127.0.0.1:54399/taskward
export QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=18080
export QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=19000
export QUARKUS_SHUTDOWN_DELAY=0S

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}
claims=$(printf '{"sub":"training","iat":%d,"exp":%d}' "$(date +%s)" "$(($(date +%s) + 600))")
unsigned=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf %s "$claims" | base64url)
signature=$(printf %s "$unsigned" | openssl dgst -sha256 -hmac "$BETTER_AUTH_SECRET" -binary | base64url)

request() {
  curl -fsS -H "Authorization: Bearer $unsigned.$signature" "$@"
}

java -XX:AOTCacheOutput=app.aot -jar quarkus-run.jar &
service=$!
until curl -fs -o /dev/null http://127.0.0.1:19000/q/health/ready; do
  kill -0 "$service"
  sleep 0.2
done
tasks=http://127.0.0.1:18080/api/v1/tasks
for i in $(seq "$requests"); do
  created=$(request -H 'Content-Type: application/json' -d "{\"title\":\"Task $i\"}" "$tasks")
  id=$(echo "$created" | sed 's/.*"id":\([0-9]*\).*/\1/')
  for what in "?limit=20" "/$id" "/$id/complete -X PATCH"; do
    # shellcheck disable=SC2086 # a path, perhaps with options
    request -o /dev/null $tasks$what
  done
done
kill "$service"
wait "$service" || [ $? = 143 ]
service=
test -s app.aot
