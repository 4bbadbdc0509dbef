#!/usr/bin/env bash
# Shows that the proof of the gradients cannot be fooled: breaks a copy of the tree in hundreds of
# ways, one at a time, and wants each one caught. It does not touch the tree itself.
#   - every backward rule, by each input: 0.1 % off (always, or only where the gradient is recorded
#     too, or only where it is not), zero, right but not differentiable again (gradcheck must fail)
#   - every op: its cases() gone, or the op gone from autograd/all_ops.h (must not compile)
#   - every row of the table: gone (the comparison with the headers must fail)
# One line for each mutant, then `N passed, M failed`. CXX, CPPFLAGS, CXXFLAGS and LDFLAGS as in the
# Makefile.
set -euo pipefail

source_dir=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d "${TMPDIR:-/tmp}/gradian-mutants.XXXXXX")
trap 'rm -rf "$copy"' EXIT
jobs=$(nproc)
compile="${CXX:-g++} -std=c++20 -O1 @$source_dir/build/machine.flags -pthread -I."
compile+=" ${CPPFLAGS:-} ${CXXFLAGS:-}"
export copy compile

for folder in tensor autograd nn losses tests/gradients examples/program; do
  mkdir -p "$copy/$folder"
  cp -R "$source_dir/$folder/." "$copy/$folder"
done
cd "$copy"

# Replaces text that must be there once, so that a mutant that changes nothing cannot pass.
replace() {  # FILE OLD NEW
  [ "$(grep -cF "$2" "$1")" = 1 ] || { echo "mutate: expected '$2' once in $1" >&2; exit 2; }
  old=$2 new=$3 awk '
    (at = index($0, ENVIRON["old"])) {
      $0 = substr($0, 1, at - 1) ENVIRON["new"] substr($0, at + length(ENVIRON["old"]))
    } 1' "$1" >"$1.new"
  mv "$1.new" "$1"
}

# One build serves all mutants of rules and of the table: the variable MUTANT chooses. The change
# stands where every rule's result passes, which is the same as one in the rule itself.
cat >autograd/mutant.h <<'EOF'
#pragma once
#include <cstdlib>
#include <sstream>
#include <string>
#include "autograd/all_ops.h"
#include "autograd/node.h"
#include "autograd/ops.h"
namespace gradian {
inline Gradients mutated(const char* op, Gradients gradients) {
  const char* mutant = std::getenv("MUTANT");
  std::istringstream words(mutant ? mutant : "");
  std::string how, name;
  size_t input;
  if (!(words >> how >> name >> input) || name != op || input >= gradients.size()) return gradients;
  Variable& gradient = gradients[input];
  if (!gradient.defined()) return gradients;
  if (how == (grad_enabled() ? "formula-off" : "kernel-off") || how == "off")
    gradient = gradient * 1.001;
  if (how == "zero") gradient = Variable();
  if (how == "detached") gradient = gradient.detach();
  return gradients;
}
}  // namespace gradian
EOF
replace autograd/apply.h '#include "autograd/node.h"' '#include "autograd/mutant.h"'
replace autograd/apply.h 'return gradients_of(*op, context, grad);' \
  'return mutated(Op::name, gradients_of(*op, context, grad));'
replace tests/gradients/table.cpp '#include "autograd/all_ops.h"' '#include "autograd/mutant.h"'
replace tests/gradients/table.cpp '  return table;' \
  '  const std::string mutant = std::getenv("MUTANT") ? std::getenv("MUTANT") : "";
  std::erase_if(table, [&](const auto& row) { return mutant == "row " + row.name; });
  return table;'

echo "building the mutants in $copy"
sources=$(find tensor autograd nn losses tests/gradients examples/program -name '*.cpp')
printf '%s\n' $sources | xargs -P "$jobs" -I{} sh -c '
  $compile -DGRADIAN_SOURCE_DIR="\"$copy\"" -c {} -o {}.o || exit 255'
$compile $(find . -name '*.o') -o gradcheck ${LDFLAGS:-} -lblis
./gradcheck >baseline ||
  { cat baseline; echo 'mutate: gradcheck fails without any mutant' >&2; exit 2; }

# "FILE STRUCT NAME INPUTS" for each op: of several overloads of forward the one with most inputs; one
# that takes a list of inputs is broken at the first two. An index, a condition and labels come last
# and have no gradient to break.
awk '
  /^struct ops::[A-Za-z0-9]* *{/ { op = substr($2, 6) }
  /static constexpr auto name = "/ { split($0, quoted, "\""); name = quoted[2] }
  /^  Tensor forward\(/ {
    sub(/, const Tensor& (index|condition|labels)/, "")
    inputs = /const Inputs&/ ? 2 : gsub(/const Tensor&/, "&")
    key = FILENAME " " op " " name
    if (inputs > most[key]) most[key] = inputs
  }
  END { for (key in most) print key, most[key] }' autograd/ops/*.cpp | sort >ops
listed=$(grep -o 'struct [A-Z][A-Za-z0-9]*' autograd/all_ops.h | grep -cv 'OpLists*$\|OpCases')
[ "$(wc -l <ops)" = "$listed" ] ||
  { echo "mutate: found $(wc -l <ops) of the $listed ops of autograd/all_ops.h" >&2; exit 2; }

# Each of these prints "caught" or "MISSED" and the mutant.

try_rule() {  # HOW NAME INPUT
  status=0
  MUTANT="$1 $2 $3" ./gradcheck --only "$2" >"result.$1.$2.$3" || status=$?
  verdict=MISSED
  [ $status = 1 ] && grep -q '^0 passed, 1 failed$' "result.$1.$2.$3" && verdict=caught
  printf '%s  rule %s, input %s: %s\n' $verdict "$2" "$3" "$1"
}

try_row() {  # NAME
  status=0
  MUTANT="row $1" ./gradcheck --only table >"result.row.${1//\//_}" || status=$?
  verdict=MISSED
  [ $status = 1 ] && grep -qF "    $1 is declared in" "result.row.${1//\//_}" && verdict=caught
  printf '%s  table without %s\n' $verdict "$1"
}

try_cases() {  # FILE STRUCT NAME
  sed "/^struct ops::$2 *{/,/^};/s/ cases()/ no_cases()/" "$1" >"${1%.cpp}.no_cases.$3.cpp"
  verdict=MISSED
  $compile -fsyntax-only "${1%.cpp}.no_cases.$3.cpp" >"result.cases.$3" 2>&1 ||
    ! grep -q "error:.*cases" "result.cases.$3" || verdict=caught
  printf '%s  op without cases() %s\n' $verdict "$3"
}

try_list() {  # FILE STRUCT NAME
  mkdir -p "without.$3/autograd"
  # The declaration stays, so that what fails is the list and not the name.
  sed "s/struct $2\([,>]\)/struct Unlisted$2\1/; s/^namespace ops {/&\nstruct $2;/" \
    autograd/all_ops.h >"without.$3/autograd/all_ops.h"
  verdict=MISSED
  ${compile/-I/-Iwithout.$3 -I} -fsyntax-only "$1" >"result.list.$3" 2>&1 ||
    ! grep -q "add the op to its file" "result.list.$3" || verdict=caught
  printf '%s  op not in all_ops.h %s\n' $verdict "$3"
}

export -f try_rule try_row try_cases try_list
{
  while read -r file op name inputs; do
    for ((input = 0; input < inputs; ++input)); do
      for how in off kernel-off formula-off zero detached; do
        echo "try_rule $how $name $input"
      done
    done
    echo "try_cases $file $op $name"
    echo "try_list $file $op $name"
  done <ops
  awk '/^(op|function|layer|loss) / { print "try_row", $2 }' baseline
} >mutants
xargs -P "$jobs" -I{} bash -c '{}' <mutants >verdicts
sort -k2 verdicts

missed=$(grep -vc '^caught' verdicts || true)
lost=$(($(wc -l <mutants) - $(wc -l <verdicts)))  # a mutant without a verdict was not tried
echo "$(($(wc -l <verdicts) - missed)) passed, $((missed + lost)) failed"
[ $((missed + lost)) = 0 ]
