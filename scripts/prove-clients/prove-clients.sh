#!/usr/bin/env bash
# Lints docs/openapi.yaml, and generates and compiles clients:
#   openapi-generator: TypeScript, Python, Java, C#
#   openapi-typescript, hey-api and orval: TypeScript
# Runs a session with openapi-generator's TypeScript, Python and Java clients, against the packaged
# service on an embedded PostgreSQL:
#   scripts/prove-clients/prove-clients.sh
# Needs a JDK (17 or newer), Node.js (20 or newer) with npm, and Python (3.10 or newer) with pip.
# Without the .NET SDK (10 or newer), it does not compile the C# client.
# Everything listens on loopback. Nothing remains except what ./mvnw package builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=scripts/prove-clients
document=docs/openapi.yaml

generator=org.openapitools:openapi-generator-cli:7.25.0
dependencies=org.apache.maven.plugins:maven-dependency-plugin:3.9.0
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

work=$(mktemp -d)
bin="$work/node_modules/.bin"
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
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; return 1; }; }

step "Lint"
cp $here/package.json $here/package-lock.json "$work"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error
"$bin/spectral" lint --fail-severity=hint -r $here/spectral.yaml $document

step "Generate"
./mvnw -q -B -ntp dependency:copy -Dartifact=$generator -DoutputDirectory="$work/generator"
generate() { # GENERATOR FOLDER OPTION…
  quietly "$java" -jar "$work"/generator/*.jar generate -i $document -g "$1" -o "$work/$2" "${@:3}" \
    --global-property apiTests=false,modelTests=false,apiDocs=false,modelDocs=false
}
generate typescript-fetch client
generate python python --package-name taskward_client
generate java java --library native
generate csharp csharp
quietly "$bin/openapi-typescript" $document -o "$work/openapi-typescript.ts"
quietly "$bin/openapi-ts" -i ./$document -o "$work/hey-api" --no-log-file
quietly "$bin/orval" --input $document --output "$work/orval.ts" --client fetch

step "Compile: TypeScript"
cp $here/session.ts $here/types.ts $here/tsconfig.json "$work"
"$bin/tsc" -p "$work/tsconfig.json"
if grep -F '| null) | null' "$work/openapi-typescript.ts"; then
  echo "A type has null twice."
  exit 1
fi

step "Compile: Python"
python3 -m venv "$work/venv"
if ! "$work/venv/bin/pip" install --retries 1 -r "$work/python/requirements.txt" \
  >"$work/pip.log" 2>&1; then
  echo "pip cannot install the client's requirements, so they must be installed already:"
  cat "$work/python/requirements.txt"
  python3 -m venv --clear --system-site-packages "$work/venv"
fi
"$work/venv/bin/python" -m compileall -q "$work/python/taskward_client"

step "Compile: Java"
cp $here/Session.java "$work/java/src/main/java"
./mvnw -q -B -ntp -f "$work/java" compile $dependencies:build-classpath \
  -Dmdep.outputFile="$work/java/classpath"

if command -v dotnet >/dev/null; then
  step "Compile: C#"
  quietly dotnet build "$work/csharp/src/Org.OpenAPITools"
else
  step "Skip compiling C#: there is no dotnet"
fi

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
read -r url _ alice bob carol <<<"$(grep ^http "$work/address")"

step "Session: TypeScript"
node "$work/js/session.js" "$url" "$alice"

step "Session: Python"
PYTHONPATH="$work/python" "$work/venv/bin/python" $here/session.py "$url" "$bob"

step "Session: Java"
"$java" -cp "$work/java/target/classes:$(cat "$work/java/classpath")" Session "$url" "$carol"

echo "The linter found nothing, and the clients work."
