#!/usr/bin/env bash
# Runs the tests. What some of them need and is missing is installed first (Debian, Ubuntu): Chromium, for reports in a browser; Redis and iproute2, for jobs on
# many machines. Then 'dotnet test' runs with the arguments given. Without Chromium or Redis, it skips those tests and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

missing=()
if [ -z "${IBA_CHROMIUM:-}" ] && ! command -v chromium chromium-browser google-chrome > /dev/null; then missing+=(chromium); fi
if ! command -v redis-server > /dev/null; then missing+=(redis-server); fi
if ! command -v ip > /dev/null; then missing+=(iproute2); fi

if [ ${#missing[@]} -gt 0 ] && command -v apt-get > /dev/null; then
  root=$([ "$(id -u)" -eq 0 ] || echo sudo)
  log=$(mktemp)
  echo "Installing ${missing[*]}, for the tests ..." >&2
  if ! { $root apt-get update && $root apt-get install --yes --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
    tail -n 5 "$log" >&2
    echo "Not installed: tests that need them are skipped, or fail and say so." >&2
  fi
  rm -f "$log"
fi

# Some tests interrupt a process as Ctrl-C does; whatever runs in the background of a script would inherit that this is ignored.
interruptible=()
if env --default-signal=INT true 2> /dev/null; then interruptible=(env --default-signal=INT); fi
exec "${interruptible[@]}" dotnet test "$@"
