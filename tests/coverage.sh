#!/usr/bin/env bash
# Which lines of the library the tests run, as gcov counts them: every line that none runs, then a
# sum for each folder. CXX is a g++, whose gcov stands beside it. It works in a copy of the tree,
# which stays in build/coverage for the next time.
set -euo pipefail

source_dir=$(cd "$(dirname "$0")/.." && pwd)
copy=$source_dir/build/coverage
mkdir -p "$copy"
find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
find "$copy" -name '*.gcda' -delete
tar -cf - --exclude=./build --exclude=./.git -C "$source_dir" . | tar -xf - -C "$copy"
cd "$copy"
# Inlining before the counters are set would lose those of the inlined lines.
make test CXX="${CXX:-g++}" CPPFLAGS=-DGRADIAN_COVERAGE \
  CXXFLAGS='--coverage -O2 -fno-early-inlining'

gcov=${CXX:-g++}
gcov=${gcov/g++/gcov}
# gcov prints "count: number: text" under a line that names the source, again for each object that
# includes it. "#####" and "=====" count nothing, and "-" is no code.
find build/test-objects -name '*.gcda' -print0 |
  xargs -0 "$gcov" --stdout --relative-only --source-prefix "$copy" 2>/dev/null |
  awk -F: '
    /^ *-: *0:Source:/ { file = $4; next }
    file !~ /^(tensor|autograd|nn|losses)\// || $1 ~ /^ *-$/ || NF < 3 || $2 + 0 == 0 { next }
    {
      line = file ":" $2 + 0
      seen[line] = 1
      if ($1 !~ /[#=]/) run[line] = 1
      if (!(line in text)) { text[line] = $0; sub(/^[^:]*:[^:]*:/, "", text[line]) }
    }
    END {
      for (line in seen) {
        folder = line
        sub(/\/[^\/]*$/, "", folder)
        ++lines[folder]; ++all
        if (line in run) { ++hit[folder]; ++hits }
        else print "0 " line ":" text[line] | "sort -V -k2"
      }
      close("sort -V -k2")
      if (!all) { print "coverage.sh: gcov has counted nothing"; exit 1 }
      for (folder in lines)
        printf "%-18s %6d of %6d lines, %.1f %%\n", folder, hit[folder], lines[folder],
          100 * hit[folder] / lines[folder] | "sort"
      close("sort")
      printf "%-18s %6d of %6d lines, %.1f %%\n", "all", hits, all, 100 * hits / all
    }'
