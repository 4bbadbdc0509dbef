#!/usr/bin/env bash
# Installs the built library into a temporary folder, as `make test-install` asks, and uses it from
# there as the README's "Use it in your project" says: each header alone without a warning, the model
# in 25 lines by what pkg-config prints, and by CMake where it is there; then uninstalls, which must
# leave nothing. CXX is as in the Makefile, a program's flags are its own.
set -euo pipefail

cd "$(dirname "$0")/.."
command -v pkg-config >/dev/null || { echo 'test-install: skipped, there is no pkg-config'; exit 0; }
cxx=${CXX:-g++}
folder=$(mktemp -d "${TMPDIR:-/tmp}/gradian-install.XXXXXX")
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib

fail() { echo "test-install: $*" >&2; exit 1; }
files_in() { (cd "$1" && find . ! -type d | LC_ALL=C sort); }
# The first code of a language under a heading of the README that begins so.
readme() {  # LANGUAGE HEADING
  awk -v fence="\`\`\`$1" -v heading="## $2" '
    index($0, "## ") == 1 { here = index($0, heading) == 1 }
    inside && /^```$/ { exit }
    inside
    here && $0 == fence { inside = 1 }' README.md
}

# Whoever installs, all may read it; a file that was there stays; packages get the same files.
mkdir -p "$prefix/include/gradian"
touch "$prefix/include/gradian/of_the_user.h"
(umask 077; make -s install "PREFIX=$prefix" DESTDIR= >/dev/null)
make -s install PREFIX=/usr "DESTDIR=$folder/a package" >/dev/null
unreadable=$(find "$prefix/include/gradian" "$prefix/lib" ! -type l ! -perm -444)
[ -z "$unreadable" ] || fail "not everyone may read $unreadable"
diff <(files_in "$prefix" | grep -v of_the_user) <(files_in "$folder/a package/usr") ||
  fail 'DESTDIR changes what is installed'
! grep -rlF -e "$PWD" -e "$folder" "$folder/a package" || fail 'these name the folder of the build'

headers=$(cd "$prefix/include" && find gradian -name '*.h' ! -name of_the_user.h)
(cd "$folder" && xargs -P "$(nproc)" -I{} sh -c \
  "echo '#include <{}>' | $cxx -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
     $(pkg-config --cflags gradian) -x c++ -" <<<"$headers") || fail 'a header does not compile alone'

# The model trains: 20 losses, the last below half of the first.
trains() {  # PROGRAM
  "$1" | awk 'NR == 1 { first = $2 } { last = $2 } END { exit !(NR == 20 && last < first / 2) }' ||
    fail "$1 does not train"
}
readme cpp 'A model in 25 lines' | sed 's|^#include "\(.*\)"|#include <gradian/\1>|' >"$folder/model.cpp"
readme cmake 'Use it in your project' >"$folder/CMakeLists.txt"
sed '/^#include <gradian/d; 1i #include <gradian/gradian.h>' "$folder/model.cpp" >"$folder/whole.cpp"
(
  cd "$folder"
  for program in model whole; do
    # shellcheck disable=SC2046  # words
    $cxx -std=c++20 $program.cpp $(pkg-config --cflags --libs gradian) -o $program
    trains ./$program
  done
  if command -v cmake >/dev/null; then
    cmake -S . -B cmake -DCMAKE_CXX_COMPILER="$cxx" >/dev/null
    cmake --build cmake >/dev/null
    trains cmake/model
  else
    echo 'test-install: without CMake, which is not there'
  fi
)

make -s uninstall "PREFIX=$prefix" DESTDIR=
left=$(files_in "$prefix")
[ "$left" = ./include/gradian/of_the_user.h ] || fail "uninstall left, or took, a file: $left"
make -s uninstall PREFIX=/usr "DESTDIR=$folder/a package"
left=$(find "$folder/a package" ! -type d -o -name 'gradian*')
[ -z "$left" ] || fail "uninstall left $left"
echo "test-install: $(wc -w <<<"$headers") headers, the model and its uninstalling passed with $cxx"
