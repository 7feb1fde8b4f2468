#!/usr/bin/env bash
# Brings PublicAPI.Unshipped.txt of each project under src/ in line with the code: adds what RS0016 misses, removes what RS0017 finds gone.
# Read the difference before you commit it: it is what users will depend on.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for project in src/*/*.csproj; do
  for round in 1 2; do
    file="$(dirname "$project")/PublicAPI.Unshipped.txt"
    # The projects that it uses are built too: their complaints are not this project's.
    log=$(dotnet build "$project" -v q 2>&1 | grep -F "[$PWD/$project]")
    grep -oP "error RS0016: Symbol '\K.*(?=' is not part of the declared)" <<< "$log" >> "$file"
    grep -oP "error RS0017: Symbol '\K.*(?=' is part of the declared)" <<< "$log" | sort -u | while IFS= read -r gone; do
      grep -vxF -- "$gone" "$file" > "$file.new" && mv "$file.new" "$file"
    done
    { echo '#nullable enable'; grep -v '^#nullable enable$' "$file" | grep -v '^$' | LC_ALL=C sort -u; } > "$file.new" && mv "$file.new" "$file"
  done
done
git diff --stat -- 'src/*/PublicAPI.*.txt'
