#!/usr/bin/env bash
# Installs what is missing, builds, and passes every test.
#
#   ./test.sh                 the release build: format, house rules, all tests (what CI runs)
#   ./test.sh asan|tsan       all tests under AddressSanitizer and UBSan, or under ThreadSanitizer
#   ./test.sh clang           all of it built by clang 14
#   ./test.sh tidy [FILE...]  clang-tidy over every source, or over these
#   ./test.sh PRESET -R NAME  further arguments go to ctest
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build
source cmake/prepare.sh
preset=${1:-release}
[ $# -gt 0 ] && shift
case $preset in
  release | debug | asan | tsan) install_missing "${build_packages[@]}" "${test_packages[@]}" ;;
  clang | tidy) install_missing "${build_packages[@]}" "${test_packages[@]}" "${tidy_packages[@]}" ;;
  *) echo "usage: ./test.sh [release|debug|asan|tsan|clang|tidy] [ctest arguments]" >&2; exit 2 ;;
esac
install_missing "${target_packages[@]}" || echo "warning: the tests of the systems that are missing are skipped" >&2

git ls-files -co --exclude-standard '*.cc' '*.h' | xargs clang-format-14 --dry-run -Werror

if [ "$preset" = tidy ]; then
  cmake --preset clang >build/configure-tidy.log || { cat build/configure-tidy.log >&2; exit 1; }
  if [ $# -eq 0 ]; then mapfile -t files < <(git ls-files '*.cc' ':!cmake/boost_io.cc'); else files=("$@"); fi
  printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy-14 --quiet -p build/clang
  exit
fi

build "$preset"
if [ "$preset" = release ]; then build release mutants sim-mutants; fi  # a patch that went stale fails here, by name
ctest --test-dir "build/$preset" --no-tests=error --output-on-failure -j "$(nproc)" "$@"
