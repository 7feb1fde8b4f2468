#!/usr/bin/env bash
# Runs the tests, those of reports in a browser included: installs Chromium where it is missing (Debian, Ubuntu), then runs 'dotnet test'
# with the arguments given. Without Chromium, 'dotnet test' skips those tests and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if [ -z "${IBA_CHROMIUM:-}" ] && ! command -v chromium chromium-browser google-chrome > /dev/null && command -v apt-get > /dev/null; then
  root=$([ "$(id -u)" -eq 0 ] || echo sudo)
  log=$(mktemp)
  echo "Installing Chromium, for the tests of reports ..." >&2
  if ! { $root apt-get update && $root apt-get install --yes --no-install-recommends chromium; } > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "Chromium was not installed: tests in the browser are skipped." >&2
  fi
  rm -f "$log"
fi

exec dotnet test "$@"
