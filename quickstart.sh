#!/usr/bin/env bash
# From a clone to a verdict: installs what is missing, builds, tortures the bundled raftd for a minute, and prints the
# verdict and the path of the report. Exit code: 0 valid, 1 invalid or unavailable, 2 unknown (README, "Exit codes").
# Further arguments go to `ordeal run`, for instance: ./quickstart.sh --seed 7 --set duration=20s
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build
source cmake/prepare.sh
install_missing "${build_packages[@]}"
build release ordeal raftd
exec build/release/bin/ordeal run configs/quickstart.yaml "$@"
