#!/usr/bin/env bash
# Shows that the tests would notice: breaks one statement of the library, or of the examples'
# training, at a time, as the seed draws them (list.awk says where and how), and wants a test to
# fail. The tree itself is not touched.
#   make mutants SEED=1 COUNT=300                    draws 300
#   make mutants ONLY='tensor/matmul.cpp:'           all of the matching FILE:LINE, a regex
# One line for each mutant, then `N killed, M survived, K equivalent`; 1 if any survived. One that
# does not compile does not count. One that changes nothing that a test could see is shown to do so
# by an entry of equivalent.txt. CXX, CPPFLAGS, CXXFLAGS and LDFLAGS as in the Makefile.
#
# The copy without a mutant stays in build/mutants/tree, for the next run to start from. As many
# workers as processors break copies of it. What depends on the mutant is built and run in an order
# that ends early: the test file of the source's name, its room, all others; the slow ones last.
set -euo pipefail
export LC_ALL=C

seed=${SEED:-1} count=${COUNT:-300} only=${ONLY:-} CXX=${CXX:-g++}
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
work=$source_dir/build/mutants tree=$work/tree program=build/tests/run
baseline=$tree/build/baseline  # what the tests print without a mutant
mkdir -p "$tree"
exec 8>"$work/running"
flock -n 8 || { echo "mutants: already running in $work" >&2; exit 2; }

# Optimised lightly, which compiles faster than the Makefile's -O2. All copies say that they are in
# the same folder, so that none is built twice.
build() {  # FOLDER MAKE-ARGUMENTS...
  make -s -C "$1" -o packages CURDIR="$tree" CXX="$CXX" CPPFLAGS="${CPPFLAGS:-}" \
    CXXFLAGS="-O1 -g0 ${CXXFLAGS:-}" LDFLAGS="${LDFLAGS:-}" "${@:2}"
}

# Runs a program for so many seconds of its own at most, and ten times as many of the clock, for
# what waits for ever; no mutant may take all memory either.
limited() {  # SECONDS COMMAND...
  (ulimit -t "$1" -v 8000000 -c 0 && exec timeout -k 5 $((10 * $1)) "${@:2}") 8>&-
}

# The test files of the room that a source stands in, where its mutants are likeliest to be noticed.
tests_of() {  # FILE
  case $1 in
    tensor/simd/*) echo tests/tensor/{simd,conv,fused}/*.cpp ;;
    tensor/*/*) echo tests/"${1%/*}"/*.cpp ;;
    tensor/*) echo tests/tensor/*.cpp tests/surface/tensors.cpp ;;
    autograd/*) echo tests/autograd/*.cpp tests/surface/{autograd,functions}.cpp \
      tests/parity/{fixture,mismatch,test_ops}.cpp \
      tests/gradients/{completeness,declarations,prover,table,functions,layers,losses,margin*}.cpp ;;
    nn/*) echo tests/nn/*.cpp tests/surface/nn*.cpp ;;
    losses/*) echo tests/losses/*.cpp tests/surface/losses.cpp tests/gradients/margins.cpp ;;
    examples/*) echo tests/examples/*.cpp ;;
  esac
}

# The room's tests are a program of their own, so that a header rebuilds no others for them.
build_room() {  # TEST-FILES...
  local objects
  objects=$(printf '%s\n' tests/main.cpp "$@" $library $shared |
    sed 's|\(.*\)\.cpp$|build/test-objects/\1.o|')
  build . $objects && $CXX $objects ${CXXFLAGS:-} ${LDFLAGS:-} -pthread -lblis -o room
}

# ---- The copy without a mutant ----

cd "$source_dir"
find "$work" -mindepth 1 -maxdepth 1 ! -name tree ! -name running -exec rm -rf {} +
find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
mkdir "$work/verdicts" "$work/scratch"
tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$tree"
cd "$tree"
library=$(find tensor autograd nn losses -name '*.cpp')
shared=$(find examples/*/ -name '*.cpp')
mapfile -t sources < <(find tensor autograd nn losses examples/{training,data,metrics} \
  -name '*.cpp' -o -name '*.h' | sort)
# Twice as many as wanted: some will not compile.
awk -v seed="$seed" -v count=$((2 * count + 20)) -v only="$only" -f tests/mutants/list.awk \
  tests/mutants/equivalent.txt "${sources[@]}" >"$work/mutants"

echo "mutants: building the tests in $tree"
build "$tree" -j"$(nproc)" "$program"
[ "$baseline" -nt "$program" ] ||
  TMPDIR=$work/scratch limited 3600 "$program" -d=true >"$baseline" 2>&1 ||
  {
    tail -40 "$baseline"
    rm "$baseline"
    echo 'mutants: the tests fail without any mutant' >&2
    exit 2
  }
# Every room must link, or else all of its mutants would count as what does not compile.
for room in tensor/simd tensor/conv tensor/fused tensor/files tensor/runtime tensor autograd nn losses examples; do
  build_room $(tests_of "$room/") ||
    { echo "mutants: the tests of $room/ need others" >&2; exit 2; }
done
# Tests that take more than a fiftieth of all time run late, more than a twelfth last. (A comma
# separates doctest's patterns.)
IFS=$'\t' read -r all fast slow slowest < <(awk '
  /^[0-9.]+ s: / {
    name = $0
    sub(/^[^:]*: /, "", name)
    gsub(/[,*\\]/, "?", name)
    seconds[name] = $1
    all += $1
  }
  END {
    for (name in seconds) {
      if (seconds[name] > all / 50) slow = slow "," name
      else fast += seconds[name]
      if (seconds[name] > all / 12) slowest = slowest "," name
    }
    print int(all) "\t" int(fast) "\t" substr(slow, 2) "\t" substr(slowest, 2)
  }' "$baseline")

# ---- One mutant ----

# Whether the tests fail, within so many seconds. Sets `killer` to the file of the first that does,
# "time" or "end of the program".
notice() {  # SECONDS PROGRAM...
  local status=0
  rm -rf scratch && mkdir scratch
  TMPDIR=$PWD/scratch limited "$@" --abort-after=1 >log 2>&1 </dev/null || status=$?
  # (A run of no test at all fails too, as where the room has no slow ones.)
  [ $status != 0 ] && ! grep -qx '0 passed, 0 failed' log || return 1
  killer=$(grep -o -m1 '^tests/[a-z_/0-9]*\.[a-z]*' log || echo 'end of the program')
  case $status in 124 | 137 | 152) killer=time ;; esac
}

judge() {  # FILE; prints what noticed the mutant, "survived" or "does not compile"
  local killer=survived room name
  room=$(tests_of "$1")
  name=${1##*/}
  if ! build_room $room >log 2>&1; then
    killer='does not compile'
  elif ! notice $((fast + 10)) ./room -sf="*/${name%.*}.cpp" -tce="$slow" &&
    ! notice $((fast + 10)) ./room -tce="$slow" &&
    ! notice $((all + 10)) ./room -tc="$slow" -tce="$slowest"; then
    if ! build . "$program" >log 2>&1; then
      killer='does not compile'
    else
      notice $((2 * fast + 20)) "$program" -sfe="${room// /,}" -tce="$slow" ||
        notice $((2 * all + 20)) "$program" -tc="$slow" || true
    fi
  fi
  echo "$killer"
}

try() {  # NUMBER
  local file line change before after known verdict
  IFS=$'\t' read -r file line change before after known < <(sed -n "$1p" "$work/mutants")
  if [ "$known" ]; then
    verdict=equivalent
  else
    touch stamp
    n=$line text=$after awk 'NR == ENVIRON["n"] { $0 = ENVIRON["text"] } 1' "$tree/$file" >"$file"
    verdict=$(judge "$file")
    cp -p "$tree/$file" "$file"
    find build -newer stamp -type f | while read -r built; do
      cp -p "$tree/$built" "$built" 2>/dev/null || rm "$built"
    done
  fi
  case $verdict in
    'does not compile') ;;
    survived) printf 'SURVIVED    %s:%s  %s\n- %s\n+ %s\n' "$file" "$line" "$change" \
      "${before#"${before%%[! ]*}"}" "${after#"${after%%[! ]*}"}" ;;
    equivalent) printf 'equivalent  %s:%s  %s\n' "$file" "$line" "$change" ;;
    *) printf 'killed      %s:%s  %s  by %s\n' "$file" "$line" "$change" "$verdict" ;;
  esac
  printf '%s\n' "$verdict" >verdict
  mv verdict "$work/verdicts/$1"
}

# ---- All ----

# Takes the next mutant while fewer are counted or under way than wanted, so that those that count
# are the first of the list, however the workers take turns.
next_mutant() {
  local taken counted ready
  taken=$(cat "$work/taken")
  ready=$(find "$work/verdicts" -type f | wc -l)
  counted=$(find "$work/verdicts" -type f -exec cat {} + | grep -vcx 'does not compile' || true)
  if ((counted >= count)) || ((taken >= $(wc -l <"$work/mutants"))); then
    echo end
  elif ((counted + taken - ready < count)); then
    echo $((taken + 1)) | tee "$work/taken"
  else
    echo wait
  fi
}

worker() {  # FOLDER
  cp -a "$tree" "$1"
  cd "$1"
  local next=
  while [ "$next" != end ]; do
    { next=$(flock 9; next_mutant); } 9>"$work/lock"
    case $next in
      end) ;;
      wait) sleep 1 ;;
      *) try "$next" ;;
    esac
  done
}

echo 0 >"$work/taken"
for ((w = 1; w <= ${WORKERS:-$(nproc)}; ++w)); do worker "$work/$w" & done
wait
cat "$work"/verdicts/* >"$work/all"
survived=$(grep -cx survived "$work/all" || true)
equivalent=$(grep -cx equivalent "$work/all" || true)
killed=$(grep -cvxE 'survived|equivalent|does not compile' "$work/all" || true)
echo "$killed killed, $survived survived, $equivalent equivalent"
[ "$survived" = 0 ] && [ $((killed + equivalent)) -ge $([ "$only" ] && echo 1 || echo "$count") ]
