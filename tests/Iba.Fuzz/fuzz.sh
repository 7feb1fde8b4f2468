#!/usr/bin/env bash
# Coverage-guided fuzzing: tests/Iba.Fuzz/fuzz.sh onnx|zip SECONDS [FOLDER]. Needs Debian's afl++ (installed when missing); findings and figures
# land in FOLDER (default artifacts/fuzz/TARGET): default/crashes, default/hangs, default/fuzzer_stats. The files that reached new code become
# the corpus of the next run, and of the tests: Corpus/TARGET-corpus.zip.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
target=$1 seconds=$2 folder=$(realpath -m "${3:-artifacts/fuzz/$1}")
export OMP_NUM_THREADS=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

command -v afl-fuzz > /dev/null || { apt-get update -qq; apt-get install -y -qq afl++ > /dev/null; }
dotnet tool restore > /dev/null
rm -rf "$folder"
mkdir -p "$folder"
dotnet build tests/Iba.Fuzz -c Release -v quiet
# A copy without links: what is instrumented must not be what the build links to. Only our own assemblies; the others' branches are not in question.
cp -r tests/Iba.Fuzz/bin/Release/net10.0 "$folder/program"
for assembly in Iba.Torch Iba.Onnx Iba.MLNet; do dotnet sharpfuzz "$folder/program/$assembly.dll"; done

dotnet tests/Iba.Fuzz/bin/Release/net10.0/Iba.Fuzz.dll seeds "$target" "$folder/seeds"

# AFL looks for its own instrumentation, and for a core pattern that containers do not let change. A loop runs for half a minute until its limit.
export AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
timeout -s INT $((seconds + 600)) nice -n 19 afl-fuzz -V "$seconds" -t 60000 -m none -i "$folder/seeds" -o "$folder" \
  -- dotnet "$folder/program/Iba.Fuzz.dll" fuzz "$target" > "$folder/log.txt" 2>&1 || { tail -n 20 "$folder/log.txt" >&2; exit 1; }
grep -E '^(run_time|execs_done|corpus_count|corpus_found|edges_found|saved_crashes|saved_hangs|slowest_exec_ms) ' "$folder/default/fuzzer_stats"

dotnet tests/Iba.Fuzz/bin/Release/net10.0/Iba.Fuzz.dll pack "$folder/default/queue" "$folder/$target-corpus.zip"
