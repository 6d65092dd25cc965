#!/usr/bin/env bash
# Lints docs/openapi.yaml and generates clients for TypeScript and Python. Compiles them, and runs a
# session with each against the packaged service on an embedded PostgreSQL:
#   scripts/prove-clients/prove-clients.sh
# Needs a JDK (17 or newer), Node.js (20 or newer) with npm, and Python (3.10 or newer) with pip.
# Everything listens on loopback. Nothing remains except what ./mvnw package builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/prove-clients
document=docs/openapi.yaml

generator=org.openapitools:openapi-generator-cli:7.25.0
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

work=$(mktemp -d)
service=
clean_up() {
  local code=$?
  if [ -n "$service" ]; then
    exec 9>&- # it stops at the end of its standard input
    wait "$service" || true
  fi
  rm -rf "$work"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { echo "--- $*"; }

step "Lint"
cp $here/package.json $here/package-lock.json "$work"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error
"$work/node_modules/.bin/spectral" lint --fail-severity=hint -r $here/spectral.yaml $document

step "Generate"
./mvnw -q -B -ntp dependency:copy -Dartifact=$generator -DoutputDirectory="$work/generator"
generate() { # GENERATOR FOLDER OPTION…
  "$java" -jar "$work"/generator/*.jar generate -i $document -g "$1" -o "$2" "${@:3}" \
    --global-property apiTests=false,modelTests=false,apiDocs=false,modelDocs=false \
    >"$work/generator.log" 2>&1 || { cat "$work/generator.log"; return 1; }
}
generate typescript-fetch "$work/client"
generate python "$work/python" --package-name taskward_client

step "Compile: TypeScript"
cp $here/session.ts $here/tsconfig.json "$work"
"$work/node_modules/.bin/tsc" -p "$work/tsconfig.json"

step "Compile: Python"
python3 -m venv "$work/venv"
if ! "$work/venv/bin/pip" install --retries 1 -r "$work/python/requirements.txt" \
  >"$work/pip.log" 2>&1; then
  echo "pip cannot install the client's requirements, so they must be installed already:"
  cat "$work/python/requirements.txt"
  python3 -m venv --clear --system-site-packages "$work/venv"
fi
"$work/venv/bin/python" -m compileall -q "$work/python/taskward_client"

step "Start the service"
if [ ! -f target/quarkus-app/quarkus-run.jar ]; then
  ./mvnw -q -B -ntp package -DskipTests
fi
./mvnw -q -B -ntp dependency:build-classpath -DincludeScope=compile \
  -Dmdep.outputFile="$work/classpath"
mkfifo "$work/stop"
"$java" -cp "$(cat "$work/classpath")" $here/Service.java "$work/service.log" \
  <"$work/stop" >"$work/address" 2>"$work/start.log" &
service=$!
exec 9>"$work/stop"
until grep -q ^http "$work/address"; do
  kill -0 "$service" 2>/dev/null || { cat "$work/start.log" "$work/service.log"; exit 1; }
  sleep 0.2
done
read -r url alice bob <<<"$(grep ^http "$work/address")"

step "Session: TypeScript"
node "$work/js/session.js" "$url" "$alice"

step "Session: Python"
PYTHONPATH="$work/python" "$work/venv/bin/python" $here/session.py "$url" "$bob"

echo "The linter found nothing, and both clients work."
