#!/bin/sh
# Fuzzes each target for so many seconds, or only those that are named:
#   tests/fuzz/run.sh 60 idx functions
# Inputs that found something new are kept in build/fuzz/corpus, beside those of tests/fuzz/corpus. An
# input that fails its target stays in build/fuzz, and the output says how to run it again.
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
[ $# -gt 0 ] || set -- $(ls tests/fuzz/corpus)
failed=0
for target in "$@"; do
  mkdir -p "build/fuzz/corpus/$target"
  log=build/fuzz/$target.log
  if build/fuzz/run "--target=$target" -max_total_time="$seconds" -max_len=1024 -timeout=10 \
    -rss_limit_mb=2048 -malloc_limit_mb=256 -print_funcs=0 -print_final_stats=1 \
    "-artifact_prefix=build/fuzz/$target-" \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    printf '%-12s %9s inputs, %s of them kept\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(ls "build/fuzz/corpus/$target" | wc -l)"
  else
    failed=$((failed + 1))
    tail -n 40 "$log" >&2
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    echo "$target failed: build/fuzz/run --target=$target ${input:-, see $log}" >&2
  fi
done
echo "fuzz: $# targets of $seconds s each, $failed failed"
[ "$failed" = 0 ]
