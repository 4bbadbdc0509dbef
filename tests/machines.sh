#!/usr/bin/env bash
# Where it runs: the README's two commands on machines that have only make and git, each an empty
# Debian in a folder of its own (debootstrap and chroot, so it wants root and a Debian host).
#   tests/machines.sh                      every row of the table below
#   tests/machines.sh 'trixie g++*' '*v2'  the rows that match a pattern
# It tries the committed HEAD, prints a line for each row and ends with 1 if one failed; what each row
# printed stays in $MACHINES/logs. MACHINES (/var/tmp/gradian-machines) is where the roots are kept,
# TRAIN (--epochs 1 --train-samples 2000) what `make train` is asked for, MIRROR the Debian mirror.
set -euo pipefail

# Debian release, compiler, MARCH.
rows=(
  'bookworm g++ native'   'bookworm g++ x86-64-v3'   'bookworm g++ x86-64-v2'
  'bookworm clang++-14 native' 'bookworm clang++-14 x86-64-v3' 'bookworm clang++-14 x86-64-v2'
  'trixie g++ native'     'trixie g++ x86-64-v3'     'trixie g++ x86-64-v2'
  'trixie clang++-19 native' 'trixie clang++-19 x86-64-v3' 'trixie clang++-19 x86-64-v2'
  'bookworm aarch64-linux-gnu-g++ native'
)

source_dir=$(cd "$(dirname "$0")/.." && pwd)
work=${MACHINES:-/var/tmp/gradian-machines}
mirror=${MIRROR:-$(sed -n 's/^URIs: //p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)}
[ "$(id -u)" = 0 ] || { echo 'machines.sh: needs root for debootstrap and chroot' >&2; exit 1; }
command -v debootstrap >/dev/null ||
  { echo 'machines.sh: needs debootstrap (apt-get install debootstrap)' >&2; exit 1; }
mkdir -p "$work/logs"

# The release's empty root, made once.
base_root() {  # RELEASE
  local base=$work/base-$1
  [ -e "$base/.complete" ] && return
  rm -rf --one-file-system "$base"
  debootstrap --variant=minbase --include=make,git,ca-certificates "$1" "$base" $mirror \
    >"$work/logs/debootstrap-$1" 2>&1
  touch "$base/.complete"
}

# A fresh copy of it, with the tree in /root/gradian.
fresh_root() {  # RELEASE ROOT
  umount "$2/proc" 2>/dev/null || true
  rm -rf --one-file-system "$2"
  cp -a "$work/base-$1" "$2"
  cp /etc/resolv.conf /etc/hosts "$2/etc/"
  git clone -q "$source_dir" "$2/root/gradian"
  mount -t proc proc "$2/proc"
}

in_root() {  # ROOT COMMAND
  chroot "$1" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
    sh -ec "cd /root/gradian; $2"
}

# What a cross compiler needs besides make and git: its packages, and an emulator for what it makes.
prepare_arm64='
  export DEBIAN_FRONTEND=noninteractive
  dpkg --add-architecture arm64
  apt-get -q update
  apt-get -q -y install --no-install-recommends g++-aarch64-linux-gnu qemu-user-static \
    libstdc++6:arm64 libblis-dev:arm64 doctest-dev dataset-fashion-mnist'

try() {  # RELEASE COMPILER MARCH
  local root=$work/run log settings="CXX=$2" start=$SECONDS
  log=$work/logs/${1}_${2}_$3
  [ "$3" = native ] || settings+=" MARCH=$3"
  base_root "$1"
  fresh_root "$1" "$root"
  {
    if [[ $2 == aarch64-* ]]; then
      settings+=' AR=aarch64-linux-gnu-ar EMULATOR=qemu-aarch64-static'
      in_root "$root" "$prepare_arm64"
    fi
    in_root "$root" "make train $settings ARGS='${TRAIN:---epochs 1 --train-samples 2000}'" &&
      in_root "$root" "make test $settings"
  } >"$log" 2>&1 && local ended= || local ended=" (exit $?, see $log)"
  umount "$root/proc"
  local tests
  tests=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
  printf '%-9s %-22s %-10s %-24s %4d s%s\n' "$1" "$2" "$3" "${tests:-no test was run}" \
    $((SECONDS - start)) "$ended"
  [ -z "$ended" ]
}

grep -m 1 'model name' /proc/cpuinfo || true
failed=0
for row in "${rows[@]}"; do
  wanted=$(($# == 0))
  for pattern in "$@"; do
    # shellcheck disable=SC2053  # a pattern is what it is meant to be
    if [[ $row == $pattern ]]; then wanted=1; fi
  done
  if [ "$wanted" = 1 ]; then
    # shellcheck disable=SC2086  # three words
    try $row || failed=1
  fi
done
exit $failed
