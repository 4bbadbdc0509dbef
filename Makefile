# Builds the library, the examples and the tests into build/. What a command lacks (compiler, BLIS,
# doctest, Fashion-MNIST) is installed through apt-get first, or named when that is not possible.
#   make    make train    make test    make help

.DEFAULT_GOAL := all
.PHONY: all train test bench format clean help packages
.DELETE_ON_ERROR:
.ONESHELL:             # a recipe is one shell script ...
.SHELLFLAGS := -ec     # ... that stops at the first error

dry_run   := $(findstring n,$(firstword -$(MAKEFLAGS)))# make -n
MAKEFLAGS += --no-builtin-rules --no-print-directory --output-sync=target
# All cores, unless -j says otherwise; but what follows a `clean` must wait for it.
ifeq ($(filter clean,$(MAKECMDGOALS))$(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# The settings a user may change: CXX, CPPFLAGS, CXXFLAGS, LDFLAGS and these.
SANITIZE      ?=#            make test: sanitizers, such as address,undefined
ARGS          ?=#            make train: further arguments, such as --epochs 2
V             ?=#            1 shows the commands
FASHION_MNIST ?= /usr/share/datasets/fashion-mnist# folder of the gzipped IDX files

# ---- Sources ----

library_sources := $(wildcard tensor/*.cpp autograd/*.cpp autograd/ops/*.cpp nn/*.cpp losses/*.cpp)
shared_sources  := $(wildcard examples/*/*.cpp)  # of the examples, also used by the tests
example_sources := $(wildcard examples/*.cpp)
test_sources    := $(wildcard tests/*.cpp)
bench_sources   := $(wildcard tests/bench/*.cpp)

examples := $(example_sources:examples/%.cpp=build/examples/%)
benches  := $(bench_sources:tests/bench/%.cpp=build/bench/%)

# The tests are built with assertions on, so they have their own objects of the library too; each
# choice of sanitizers has another set.
comma   := ,
variant := $(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

release_object = $(patsubst %.cpp,build/objects/%.o,$1)
test_object    = $(patsubst %.cpp,build/test-objects$(variant)/%.o,$1)
test_program  := build/tests/run$(variant)

# ---- Flags ----

common_flags  := -std=c++20 -march=native -pthread -I. -Wall -Wextra -Wpedantic
release_flags := $(common_flags) -O3 -DNDEBUG
test_flags    := $(common_flags) -O2 -g -D_GLIBCXX_ASSERTIONS -DGRADIAN_ASSERTIONS
ifneq ($(SANITIZE),)
sanitizer_flags := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
libraries := -lblis

compile = $(CXX) $1 $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c $< -o $@
link    = $(CXX) $1 $(CXXFLAGS) $(LDFLAGS) $(filter %.o %.a,$^) $(libraries) -o $@

# Starts a recipe: shows a short line instead of the commands.
show = $(if $V,,@echo '  $1 $2')
# Before a command whose output must appear while it runs: + lifts the --output-sync. It would also
# run the command under `make -n`, hence the condition.
live = $(if $(dry_run),,+)

# ---- Library, examples, tests ----

all: build/libgradian.a $(examples)

build/libgradian.a: $(call release_object,$(library_sources))
build/libexamples.a: $(call release_object,$(shared_sources))
build/libgradian.a build/libexamples.a: build/sources
	$(call show,AR,$@)
	rm -f $@
	ar rcs $@ $(filter %.o,$^)

$(examples): build/examples/%: build/objects/examples/%.o build/libexamples.a build/libgradian.a
	$(call show,LINK,$@)
	mkdir -p $(@D)
	$(call link,$(release_flags))

$(benches): build/bench/%: build/objects/tests/bench/%.o build/libexamples.a build/libgradian.a
	$(call show,LINK,$@)
	mkdir -p $(@D)
	$(call link,$(release_flags))

$(test_program): $(call test_object,$(test_sources) $(shared_sources) $(library_sources))
$(test_program): build/sources
	$(call show,LINK,$@)
	mkdir -p $(@D)
	$(call link,$(test_flags) $(sanitizer_flags))

build/objects/%.o: %.cpp build/flags | packages
	$(call show,CXX,$<)
	mkdir -p $(@D)
	$(call compile,$(release_flags))

build/test-objects$(variant)/tests/%.o: source_dir := -DGRADIAN_SOURCE_DIR="\"$(CURDIR)\""
build/test-objects$(variant)/%.o: %.cpp build/flags | packages
	$(call show,CXX,$< (test))
	mkdir -p $(@D)
	$(call compile,$(test_flags) $(sanitizer_flags) $(source_dir))

# Two stamps, rewritten only when their text changes: other flags rebuild everything, and a source
# that is gone leaves the archives and the test program.
flags   := $(CXX) $(release_flags) $(test_flags) $(CPPFLAGS) $(CXXFLAGS) $(LDFLAGS) $(CURDIR)
sources := $(library_sources) $(shared_sources) $(test_sources)
ifneq ($(flags),$(file <build/flags))
build/flags: force
endif
ifneq ($(sources),$(file <build/sources))
build/sources: force
endif
build/flags build/sources:
	@mkdir -p $(@D)
	printf '%s\n' '$($(@F))' >$@
force:

-include $(patsubst %.o,%.d,$(call release_object,$(library_sources) $(shared_sources) \
    $(example_sources) $(bench_sources)))
-include $(patsubst %.o,%.d,$(call test_object,$(library_sources) $(shared_sources) \
    $(test_sources)))

# ---- Commands ----

data       := $(foreach set,train t10k,$(set)-images-idx3-ubyte $(set)-labels-idx1-ubyte)
data_files := $(data:%=build/data/fashion-mnist/%)

train: build/examples/compare_losses $(data_files)
	@$(live)build/examples/compare_losses --data build/data/fashion-mnist --out build/report $(ARGS)

$(data_files): build/data/fashion-mnist/%: | packages
	$(call show,GUNZIP,$@)
	mkdir -p $(@D)
	gzip -dc '$(FASHION_MNIST)/$*.gz' >$@.tmp
	mv $@.tmp $@

test: $(test_program)
	@$(live)$<

bench: $(benches)

format:
	@command -v clang-format >/dev/null || {
	  echo 'make format needs clang-format (Debian: apt-get install clang-format)' >&2
	  exit 1
	}
	find tensor autograd nn losses examples tests -name '*.h' -o -name '*.cpp' | xargs clang-format -i

clean:
	rm -rf build

help:
	@echo 'make          the library (build/libgradian.a) and the examples (build/examples/)'
	echo 'make train    compares the losses on Fashion-MNIST, report in build/report (ARGS="...")'
	echo 'make test     builds the tests with assertions and runs them (SANITIZE=address,undefined)'
	echo 'make bench    the benchmark programs (build/bench/)'
	echo 'make format   clang-format over all sources'
	echo 'make clean    removes build/'
	echo 'V=1 shows the commands; CXX=clang++-14 takes another compiler.'

# ---- Packages ----

# The Debian package of the compiler: g++, or clang-14 for CXX=clang++-14.
compiler_package := $(patsubst clang++%,clang%,$(notdir $(filter-out -%,$(CXX))))
goal = $(filter $1,$(MAKECMDGOALS))

# What counts is whether a thing is there, not how it came: a header the compiler finds, a file.
define install_missing
@$(live)header() {
  printf '#if !__has_include(<%s>)\n#error\n#endif\n' $$1 | $(CXX) -E -x c++ - >/dev/null 2>&1
}
lacks() {
  packages="$$packages $$1"
  list="$$list$$(printf '\n  %-22s %s' "$$1" "$$2")"
}
look() {
  packages= list=
  header numbers || lacks '$(compiler_package)' 'command $(CXX) with the C++20 header <numbers>'
  header blis.h || header blis/blis.h || lacks libblis-dev 'header <blis.h>'
  $(if $(call goal,test build/tests/%),
  header doctest/doctest.h || lacks doctest-dev 'header <doctest/doctest.h>')
  for file in $(if $(call goal,train $(data_files)),$(data)); do
    [ -e build/data/fashion-mnist/$$file ] || [ -e '$(FASHION_MNIST)'/$$file.gz ] ||
      { lacks dataset-fashion-mnist '$(FASHION_MNIST)/'$$file.gz; break; }
  done
}
give_up() {
  printf '%s%s\nOn Debian: %s\n' "$$1" "$$list" "apt-get install$$packages" >&2
  exit 1
}
look
[ "$$packages" ] || exit 0

command -v apt-get >/dev/null || give_up 'Please install (there is no apt-get here to do it):'
sudo=
if [ "$$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || give_up 'Please install (this needs root, and there is no sudo):'
  sudo -n true 2>/dev/null || (: </dev/tty) 2>/dev/null ||
    give_up 'Please install (sudo needs a password, and there is no terminal to ask for it):'
  sudo='sudo '
fi
run() { echo "$$*"; "$$@"; }
apt="$${sudo}env DEBIAN_FRONTEND=noninteractive apt-get -q -y"
run $$apt update || true  # the install tells whether it mattered
install="$$apt install --no-install-recommends$$packages"
run $$install || { look; give_up "Could not be installed by '$$install':"; }
look
[ -z "$$packages" ] || give_up "Still not found after '$$install':"
endef

packages:
	$(if $(dry_run),,$(install_missing))
