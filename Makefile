# Builds the library, the examples and the tests into build/. What a command lacks (compiler, BLIS,
# doctest, Fashion-MNIST) is installed through apt-get first, or named when that is not possible.
#   make    make train    make test    make help

.DEFAULT_GOAL := all
.PHONY: all train train-long glyphs test test-install gradcheck mutate mutants coverage bench bench-peers opinfo fuzz
.PHONY: install uninstall format clean help packages
.DELETE_ON_ERROR:
.ONESHELL:             # a recipe is one shell script ...
.SHELLFLAGS := -ec     # ... that stops at the first error

dry_run   := $(findstring n,$(firstword -$(MAKEFLAGS)))# make -n
MAKEFLAGS += --no-builtin-rules --output-sync=target
# All cores, unless -j or a calling make says otherwise; but what follows a `clean` has to wait.
ifeq ($(filter clean,$(MAKECMDGOALS))$(filter -j%,$(MAKEFLAGS))$(MAKELEVEL:0=),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# The settings a user may change: CXX, CPPFLAGS, CXXFLAGS, LDFLAGS and these.
MARCH         ?= native#     processor to build for, such as x86-64-v3
EMULATOR      ?=#            runs what was built for another processor, such as qemu-aarch64-static
SANITIZE      ?=#            make test: sanitizers, such as address,undefined
ARGS          ?=#            of the program that a command runs, such as --epochs 2
V             ?=#            1 shows the commands
PREFIX        ?= /usr/local# make install: where, an absolute path
DESTDIR       ?=#            make install: stands before PREFIX, for packages
SHARED        ?=#            make install: 1 adds the shared library
FUZZ_CXX      ?= $(if $(findstring clang,$(CXX)),$(CXX),clang++-14)#  make fuzz: it has libFuzzer
SECONDS       ?= 60#         make fuzz: of each target
PYTHON        ?= python3#    make opinfo, bench-peers: an interpreter that may have torch
SEED          ?= 1#      make mutants: which are drawn
COUNT         ?= 300#    make mutants: how many
ONLY          ?=#        make mutants: those of the matching FILE:LINE instead
FASHION_MNIST ?= /usr/share/datasets/fashion-mnist# folder of the gzipped IDX files

version := 0.1.0# of gradian.pc and of the shared library: programs are to be built anew for another

# ---- Sources ----

library_folders := tensor tensor/* autograd autograd/ops nn nn/* losses
library_sources := $(wildcard $(addsuffix /*.cpp,$(library_folders)))
library_headers := $(wildcard $(addsuffix /*.h,$(library_folders)))
shared_sources  := $(wildcard examples/*/*.cpp)  # of the examples, also used by the tests
example_sources := $(wildcard examples/*.cpp)
test_sources    := $(wildcard tests/*.cpp) \
    $(filter-out tests/bench/% tests/compiler/% tests/opinfo/% %/main.cpp, \
        $(wildcard tests/*/*.cpp tests/*/*/*.cpp))
proof_sources   := $(wildcard tests/gradients/*.cpp)  # of the gradient table, and of its program
peer_sources    := tests/bench/dlib_lenet.cpp tests/bench/measure.cpp  # of a program without Gradian
bench_sources   := $(filter-out %/dlib_lenet.cpp,$(wildcard tests/bench/*.cpp))
fuzz_sources    := $(filter-out %/corpus.cpp,$(wildcard tests/fuzz/*.cpp)) \
    $(wildcard examples/data/*.cpp examples/program/*.cpp examples/tour/*.cpp)
opinfo_sources  := $(wildcard tests/opinfo/*.cpp examples/program/*.cpp) tests/parity/mismatch.cpp

examples := $(example_sources:examples/%.cpp=build/examples/%)

# The tests are built with assertions on, so they have their own objects of the library too; each
# choice of sanitizers has another set.
comma   := ,
variant := $(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

release_object = $(patsubst %.cpp,build/objects/%.o,$1)
shared_object  = $(patsubst %.cpp,build/shared-objects/%.o,$1)
test_object    = $(patsubst %.cpp,build/test-objects$(variant)/%.o,$1)
test_program   := build/tests/run$(variant)
opinfo_program := build/opinfo/replay$(variant)
fuzz_objects   := $(patsubst %.cpp,build/fuzz/objects/%.o,$(fuzz_sources) $(library_sources))

# ---- Flags ----

# The two -fno- flags change no result: they promise that no one looks at errno or at the floating-
# point exception flags, without which a loop that compares or takes a root does not vectorise.
# -Wno-psabi: that code for other processors passes vectors in other ways concerns no one, as they
# never leave the library.
common_flags  := -std=c++20 @build/machine.flags -fno-math-errno -fno-trapping-math -pthread -I. \
    -Wall -Wextra -Wpedantic -Wno-psabi
release_flags := $(common_flags) -O3 -DNDEBUG
test_flags    := $(common_flags) -O2 -g1 -D_GLIBCXX_ASSERTIONS -DGRADIAN_ASSERTIONS
ifneq ($(SANITIZE),)
# Optimised lightly: they take long to compile.
sanitizer_flags := -O1 -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
shared_flags := -fPIC -shared -Wl,-soname,libgradian.so.$(version) -Wl,-z,defs
libraries := -lblis

compile = $(CXX) $1 $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c $< -o $@
link    = $(CXX) $1 $(CXXFLAGS) $(LDFLAGS) $(filter %.o %.a,$^) $(libraries) -o $@

# Starts a recipe: shows a short line instead of the commands, and makes the folder of the target.
start = $(if $V,,@echo '  $1 $2'; )mkdir -p $(@D)
# Before a command whose output must appear while it runs: + lifts the --output-sync. It would also
# run the command under `make -n`, hence the condition.
live = $(if $(dry_run),,+)

# ---- Library, examples, tests ----

all: build/libgradian.a $(examples)

build/libgradian.a: $(call release_object,$(library_sources))
build/libexamples.a: $(call release_object,$(shared_sources))
build/libgradian.a build/libexamples.a: build/sources
	$(call start,AR,$@)
	rm -f $@
	$(AR) rcs $@ $(filter %.o,$^)

build/libgradian.so: $(call shared_object,$(library_sources)) build/sources
	$(call start,LINK,$@)
	$(call link,$(release_flags) $(shared_flags))

$(examples): build/examples/%: build/objects/examples/%.o build/libexamples.a build/libgradian.a
	$(call start,LINK,$@)
	$(call link,$(release_flags))

build/gradcheck: $(call release_object,$(proof_sources)) build/libexamples.a build/libgradian.a
build/bench/bench: $(call release_object,$(bench_sources)) build/libexamples.a build/libgradian.a
build/gradcheck build/bench/bench:
	$(call start,LINK,$@)
	$(call link,$(release_flags))

# What a C++ user would take instead, as Debian links it; on request, for its headers compile long.
build/bench/dlib_lenet: $(call release_object,$(peer_sources))
	$(call start,LINK,$@)
	$(CXX) $(release_flags) $(CXXFLAGS) $(LDFLAGS) $^ -lopenblas -ldlib -o $@

$(test_program): $(call test_object,$(test_sources) $(shared_sources) $(library_sources))
$(test_program): build/sources
$(opinfo_program): $(call test_object,$(opinfo_sources) $(library_sources))
$(test_program) $(opinfo_program):
	$(call start,LINK,$@)
	$(call link,$(test_flags) $(sanitizer_flags))

# The sources that read files of the tree when they run.
looks_at_tree := $(addprefix tests/,gradients/main.cpp autograd/gradients.cpp misuse/table.cpp \
    parity/fixture.cpp questions.cpp structure.cpp fuzz/corpus.cpp tensor/files/npy.cpp \
    tensor/files/safetensors.cpp examples/interop.cpp examples/page.cpp)
$(call release_object,$(looks_at_tree)) $(call test_object,$(looks_at_tree)): \
    source_dir := -DGRADIAN_SOURCE_DIR="\"$(CURDIR)\""

build/objects/%.o: %.cpp build/machine.flags | packages
	$(call start,CXX,$<)
	$(call compile,$(release_flags) $(source_dir))

build/shared-objects/%.o: %.cpp build/machine.flags | packages
	$(call start,CXX,$< (shared))
	$(call compile,$(release_flags) -fPIC)

# The code that READMEs and the first comments of headers show, for tests that run it: that of a
# README by the heading it stands under and its number there, beside it as a string what a block of
# ```text says that it prints.
readmes  := README.md autograd/README.md tensor/conv/README.md losses/README.md
snippets := $(readmes:%=build/snippets/%/done) build/snippets/nn/module.h build/snippets/nn/schedule.h
build/test-objects$(variant)/tests/snippets.o build/test-objects$(variant)/tests/nn/parameters.o: \
    | $(snippets)

build/snippets/%.md/done: %.md
	$(call start,CUT,$<)
	awk -v folder=$(@D) '
	  /^## / { heading = tolower(substr($$0, 4)); gsub(/ /, "-", heading); n = 0 }
	  /^```/ && inside { if (inside == 2) print ")\"" >file; inside = 0; next }
	  inside { sub(/^int main\(\)/, "void run()"); print >file }
	  /^```cpp/ { inside = 1; file = folder "/" heading "." ++n }
	  /^```text/ { inside = 2; file = folder "/" heading "." n ".prints"; print "R\"(" >file }' $<
	touch $@

build/snippets/%.h: %.h
	$(call start,CUT,$<)
	sed -n '/^#pragma once/q; s|^//   ||p' $< >$@

# The tests' own sources need no speed, and compile faster so.
build/test-objects$(variant)/tests/%.o: speed := -O1

build/test-objects$(variant)/%.o: %.cpp build/machine.flags | packages
	$(call start,CXX,$< (test))
	$(call compile,$(test_flags) $(sanitizer_flags) $(speed) $(source_dir))

# By a compiler of its own, so without the flags that were asked of the other one.
fuzz_compile := $(FUZZ_CXX) -std=c++20 -march=$(MARCH) -O1 -g1 -pthread -I. -D_GLIBCXX_ASSERTIONS \
    -DGRADIAN_ASSERTIONS -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
build/fuzz/objects/%.o: %.cpp build/fuzz_compile | packages
	$(call start,CXX,$< (fuzz))
	$(fuzz_compile) $(CPPFLAGS) -MMD -MP -c $< -o $@

build/fuzz/run: $(fuzz_objects)
	$(call start,LINK,$@)
	$(fuzz_compile) $(LDFLAGS) $^ $(libraries) -o $@

# The flags that depend on the machine and the compiler, which are asked: the processor, and what
# keeps the compiler right (see the probe). Users' own commands read them as @build/machine.flags. A
# probe that cannot run, as when cross-compiling, counts as failed.
safe_moves := -mmove-max=128 -mstore-max=128
build/machine.flags: tests/compiler/constants.cpp build/flags | packages
	$(call start,ASK,$(CXX))
	accepts() { echo 'int main() {}' | $(CXX) $$* $(CXXFLAGS) -x c++ -c - -o /dev/null 2>$@.log; }
	keeps_constants() {
	  $(CXX) -std=c++20 -O2 $$* $(CPPFLAGS) $(CXXFLAGS) $< $(LDFLAGS) -o $@.probe &&
	    $(EMULATOR) $@.probe 2>/dev/null
	}
	processor='-march=$(MARCH)'
	if ! accepts $$processor; then
	  $(if $(filter file default,$(origin MARCH)),processor=,cat $@.log >&2; exit 1)
	fi
	safe=
	if ! keeps_constants $$processor && accepts $$processor $(safe_moves); then safe='$(safe_moves)'; fi
	echo $$processor $$safe >$@.tmp
	mv $@.tmp $@

# Stamps, rewritten only when their text changes: other flags rebuild everything, and a source that
# is gone leaves the archives and the test program.
flags   := $(CXX) $(MARCH) $(release_flags) $(test_flags) $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) $(CURDIR)
sources := $(library_sources) $(shared_sources) $(test_sources)
ifneq ($(flags),$(file <build/flags))
build/flags: force
endif
ifneq ($(sources),$(file <build/sources))
build/sources: force
endif
ifneq ($(fuzz_compile),$(file <build/fuzz_compile))
build/fuzz_compile: force
endif
build/flags build/sources build/fuzz_compile:
	@mkdir -p $(@D)
	printf '%s\n' '$($(@F))' >$@
force:

-include $(patsubst %.o,%.d,$(call release_object,$(library_sources) $(shared_sources) \
    $(example_sources) $(proof_sources) $(bench_sources) $(peer_sources)) \
    $(call shared_object,$(library_sources)))
-include $(patsubst %.o,%.d,$(call test_object,$(library_sources) $(shared_sources) \
    $(test_sources) $(opinfo_sources))) $(fuzz_objects:.o=.d)

# ---- Install ----

# Installed are all headers but internal ones, which have namespaces of their own. gradian.h
# includes each, so it is also the list by which they are taken away again.
internals := loops|simd|runtime|conv|fused
find_user_headers = grep -LE '^namespace gradian::($(internals))\b' \
    $(filter-out autograd/ops/%,$(library_headers))

# What gradian.pc asks of a compiler. No -std and no -march: they are the program's to choose. Where
# the library's compiler needs the safe moves, a program's -march may call for them, too; this flag
# does the same and clang knows it, at the price of short vectors in the program's own loops.
user_flags = $(strip -pthread \
    $(if $(findstring $(safe_moves),$(file <build/machine.flags)),-mprefer-vector-width=128))
user_libraries = $(strip -lgradian $(filter -L%,$(LDFLAGS)) $(libraries) -pthread)

define take_away_installed
$(if $V,,@)case '$(PREFIX)' in
  *[[:space:]]* | [!/]* | '')
    echo "PREFIX must be an absolute path without blanks, got '$(PREFIX)'" >&2
    exit 1 ;;
esac
include='$(DESTDIR)$(PREFIX)/include' lib='$(DESTDIR)$(PREFIX)/lib'
if [ -e "$$include/gradian/gradian.h" ]; then
  sed -n 's/^#include "\(.*\)"/\1/p' "$$include/gradian/gradian.h" |
    (cd "$$include" && xargs rm -f gradian/gradian.h)
  find "$$include/gradian" -depth -type d -empty -delete
fi
rm -f "$$lib"/libgradian.a "$$lib"/libgradian.so* "$$lib"/pkgconfig/gradian.pc
endef

install: build/libgradian.a $(if $(SHARED),build/libgradian.so)
	$(take_away_installed)
	umask 022
	mkdir -p "$$include/gradian" "$$lib/pkgconfig"
	headers=$$($(find_user_headers))
	for header in $$headers; do
	  mkdir -p "$$include/gradian/$${header%/*}"
	  sed 's|^#include "|&gradian/|' $$header >"$$include/gradian/$$header"
	done
	{
	  printf '// All of Gradian.\n#pragma once\n\n'
	  printf '#include "gradian/%s"\n' $$headers
	} >"$$include/gradian/gradian.h"
	install -m 644 build/libgradian.a "$$lib"
	if [ '$(SHARED)' ]; then
	  install -m 644 build/libgradian.so "$$lib/libgradian.so.$(version)"
	  ln -s libgradian.so.$(version) "$$lib/libgradian.so"
	fi
	cat >"$$lib/pkgconfig/gradian.pc" <<-'end'
	prefix=$(PREFIX)
	Name: gradian
	Version: $(version)
	Description: deep-learning framework with proved gradients, CenterLoss and ArcFace
	Cflags: -I$${prefix}/include $(user_flags)
	Libs: -L$${prefix}/lib $(user_libraries)
	end
	echo "installed in $(DESTDIR)$(PREFIX)"

uninstall:
	$(take_away_installed)

# ---- Commands ----

pcf_font := /usr/share/fonts/X11/misc/wenquanyi_12pt.pcf
hex_font := /usr/share/unifont/unifont_jp.hex

data       := $(foreach set,train t10k,$(set)-images-idx3-ubyte $(set)-labels-idx1-ubyte)
data_files := $(data:%=build/data/fashion-mnist/%)

train: build/examples/compare_losses $(data_files)
	@$(live)$(EMULATOR) build/examples/compare_losses --data build/data/fashion-mnist --out build/report $(ARGS)

train-long: build/examples/dimensions $(data_files)
	@$(live)$(EMULATOR) $< --data build/data/fashion-mnist --out build/long $(ARGS)

glyphs: build/examples/glyphs
	@$(live)$(EMULATOR) $< --out build/glyphs $(ARGS)

$(data_files): build/data/fashion-mnist/%: | packages
	$(call start,GUNZIP,$@)
	gzip -dc '$(FASHION_MNIST)/$*.gz' >$@.tmp
	mv $@.tmp $@

test: $(test_program)
	@$(live)EMULATOR='$(EMULATOR)' $(EMULATOR) $< $(ARGS)

test-install: build/libgradian.a $(if $(SHARED),build/libgradian.so)
	@$(live)CXX='$(CXX)' tests/install.sh

gradcheck: build/gradcheck
	@$(live)$(EMULATOR) $< $(ARGS)

mutate: build/machine.flags
	@$(live)CXX='$(CXX)' CPPFLAGS='$(CPPFLAGS)' CXXFLAGS='$(CXXFLAGS)' \
	  LDFLAGS='$(LDFLAGS)' tests/mutate.sh

mutants: packages
	@$(live)SEED='$(SEED)' COUNT='$(COUNT)' ONLY='$(ONLY)' CXX='$(CXX)' \
	  CPPFLAGS='$(CPPFLAGS)' CXXFLAGS='$(CXXFLAGS)' LDFLAGS='$(LDFLAGS)' tests/mutants/run.sh

coverage: packages
	@$(live)CXX='$(CXX)' tests/coverage.sh

bench: build/bench/bench
	@$(live)$< $(ARGS)

ifneq ($(filter bench-peers,$(MAKECMDGOALS)),)
dlib := $(shell $(CXX) -std=c++20 $(CPPFLAGS) -include dlib/dnn.h -include cblas-openblas.h \
    -E -x c++ /dev/null >/dev/null 2>&1 && echo build/bench/dlib_lenet)
endif
bench-peers: build/bench/bench $(dlib)
	@$(live)$(if $(dlib),,rm -f build/bench/dlib_lenet
	echo 'bench-peers: dlib is left out (its headers come with libdlib-dev and libopenblas-dev)')
	$(PYTHON) tests/bench/peers.py $(ARGS)

opinfo: $(opinfo_program)
	@$(live)if ! $(PYTHON) -c 'import torch' 2>/dev/null; then
	  echo 'opinfo: skipped, $(PYTHON) has no torch (PYTHON=/path/to/python3 takes another)'
	  exit 0
	fi
	$(PYTHON) tests/opinfo/generate.py build/opinfo
	$< $(ARGS)

fuzz: build/fuzz/run
	@$(live)tests/fuzz/run.sh $(SECONDS) $(ARGS)

format:
	@command -v clang-format >/dev/null || {
	  echo 'make format needs clang-format (Debian: apt-get install clang-format)' >&2
	  exit 1
	}
	find tensor autograd nn losses examples tests -name '*.h' -o -name '*.cpp' | xargs clang-format -i

clean:
	rm -rf build

help:
	@echo 'make              build/libgradian.a and the examples (build/examples/)'
	echo 'make train        compares the losses on Fashion-MNIST (ARGS="--seed 2")'
	echo 'make train-long   trains to convergence in 2 and 64 dimensions, three seeds (half an hour)'
	echo 'make glyphs       recognises characters that training never saw (ARGS="--seed 2")'
	echo 'make test         the tests (ARGS="-tc=conv2d*", SANITIZE=address,undefined)'
	echo 'make install      the library, for other projects (PREFIX=/usr/local DESTDIR= SHARED=1)'
	echo 'make uninstall    takes it away again (PREFIX and DESTDIR as they were)'
	echo 'make test-install installs into a temporary folder and uses it from there'
	echo 'make gradcheck    proves every gradient, a row each (ARGS="--only conv2d")'
	echo 'make mutate       breaks every backward rule and shows that the proof notices'
	echo 'make mutants      breaks random statements; tests must notice (SEED=1 COUNT=300)'
	echo 'make coverage     the lines of the library that no test runs'
	echo 'make bench        times the workloads: build/bench.json (ARGS="--training 300")'
	echo 'make bench-peers  the same work in PyTorch and dlib, where they are (PYTHON=...)'
	echo 'make opinfo       the samples of the databases of PyTorch, replayed (PYTHON=...)'
	echo 'make fuzz         bytes from nowhere into what reads them (SECONDS=60 for each target)'
	echo 'make format       clang-format over all sources'
	echo 'make clean        removes build/'
	echo 'V=1 shows the commands, CXX=clang++-14 takes another compiler, MARCH=x86-64-v3'
	echo 'builds for another processor, FASHION_MNIST=DIR has the gzipped data.'

# ---- Packages ----

# The Debian packages of the compiler, and of the OpenMP header that Debian's blis.h includes where
# the compiler does not bring it: g++, nothing; for CXX=clang++-14 clang-14, libomp-14-dev.
goal     = $(filter $1,$(MAKECMDGOALS))
to_fuzz := $(call goal,fuzz build/fuzz/%)
compiler := $(if $(to_fuzz),$(FUZZ_CXX),$(CXX))
compiler_package := $(patsubst clang++%,clang%,$(notdir $(filter-out -%,$(compiler))))
openmp_package   := $(patsubst clang%,libomp%-dev,$(filter clang%,$(compiler_package)))

# What counts is whether a thing is there, not how it came: a header the compiler finds, a file.
define install_missing
@$(live)preprocess() { $(compiler) $(CPPFLAGS) -E -x c++ - >/dev/null 2>&1; }
header() { printf '#if !__has_include(<%s>)\n#error\n#endif\n' $$1 | preprocess; }
lacks() {
  packages="$$packages $$1"
  list="$$list$$(printf '\n  %-22s %s' "$$1" "$$2")"
}
look() {
  packages= list=
  header numbers || lacks '$(compiler_package)' 'command $(compiler) with the C++20 header <numbers>'
  header blis.h || header blis/blis.h || lacks libblis-dev 'header <blis.h>'
  $(if $(openmp_package),header omp.h || echo '#include <blis.h>' | preprocess ||
    lacks '$(openmp_package)' 'header <omp.h>')
  $(if $(call goal,test mutants coverage build/tests/%),header doctest/doctest.h ||
    lacks doctest-dev 'header <doctest/doctest.h>')
  $(if $(to_fuzz),echo 'extern "C" int LLVMFuzzerTestOneInput() { return 0; }' |
    $(compiler) -fsanitize=fuzzer -x c++ - -o /dev/null 2>/dev/null ||
    lacks '$(compiler_package:clang%=libclang-rt%-dev)' 'libFuzzer (-fsanitize=fuzzer)')
  $(if $(call goal,glyphs),[ -e '$(pcf_font)' ] || lacks xfonts-wqy '$(pcf_font)'
  [ -e '$(hex_font)' ] || lacks unifont '$(hex_font)')
  for file in $(if $(call goal,train train-long $(data_files)),$(data)); do
    [ -e build/data/fashion-mnist/$$file ] || [ -e '$(FASHION_MNIST)'/$$file.gz ] ||
      { lacks dataset-fashion-mnist '$(FASHION_MNIST)/'$$file.gz', or FASHION_MNIST=DIR'; break; }
  done
}
give_up() {
  echo "$$1$$list" >&2
  exit 1
}
look
[ "$$packages" ] || exit 0

by_hand="apt-get install$$packages"
command -v apt-get >/dev/null ||
  give_up "Please install what is missing here (on Debian: $$by_hand):"
sudo=
if [ "$$(id -u)" != 0 ]; then
  command -v sudo >/dev/null ||
    give_up "Please run '$$by_hand' as root (there is no sudo here); missing:"
  sudo -n true 2>/dev/null || (: </dev/tty) 2>/dev/null ||
    give_up "Please run '$$by_hand' as root (no terminal to ask for sudo's password); missing:"
  sudo='sudo '
fi
run() { echo "$$*"; "$$@"; }
apt="$${sudo}env DEBIAN_FRONTEND=noninteractive apt-get -q -y"
run $$apt update || true  # the install tells whether it mattered
install="$$apt install --no-install-recommends$$packages"
run $$install || { look; give_up "Could not be installed by '$$install':"; }
look
[ -z "$$packages" ] || give_up "Still missing after '$$install':"
endef

packages:
	$(if $(dry_run),,$(install_missing))
