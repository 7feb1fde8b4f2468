#!/usr/bin/env bash
# Packs all packages into a folder, as version 0.1.0-local.<number of commits>.<commit>: newer commits have higher versions, and none is taken out of NuGet's
# cache in place of another. Usage: ./pack.sh [folder]; default: artifacts/packages. A release is packed without the suffix: dotnet pack -c Release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

folder=${1:-artifacts/packages}
suffix="local.$(git rev-list --count HEAD).g$(git rev-parse --short=12 HEAD)"
git diff --quiet HEAD || echo "There are changes that are not committed: they are in the packages, and not in the version $suffix." >&2
for project in src/*/; do
  dotnet pack "$project" -c Release -o "$folder" -p:VersionSuffix="$suffix"
done
echo "Packed version 0.1.0-$suffix into $folder"
