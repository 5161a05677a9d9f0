# What quickstart.sh and test.sh share: install what is missing, build a preset. To be sourced from the repository's root.

build_packages=(g++ cmake ninja-build ccache libboost1.81-dev libboost-filesystem1.81-dev libboost-json1.81-dev
  zlib1g-dev libzstd-dev
  libyaml-cpp-dev libre2-dev libspdlog-dev libfmt-dev libcli11-dev libnetfilter-queue-dev libmnl-dev iptables)
test_packages=(libgtest-dev libgmock-dev clang-format-14 patch python3)
target_packages=(etcd-server redis-server redis-sentinel zookeeper nats-server openvswitch-common)  # tortured for real by tests, or skipped
tidy_packages=(clang-14 clang-tidy-14 libclang-rt-14-dev)

# install_missing PACKAGE...: nothing happens, and no privilege is needed, when all of them are there.
install_missing() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "error: these packages are missing, and there is no sudo to install them with." >&2
      echo "       As root: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  # A run level of 1 keeps packages from starting the services that they bring.
  "${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || { cat "build/configure-$preset.log" >&2; return 1; }
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
