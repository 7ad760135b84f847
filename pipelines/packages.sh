#!/bin/sh
# packages.sh GROUP ...: finds out which Debian packages of the groups are missing and installs them with apt-get,
# through sudo when not root. DEPS=no: prints the line that installs them and fails.
set -eu

wanted=
for group; do
    case $group in
    build) wanted="$wanted gcc libc6-dev make pkg-config libsndfile1-dev libmpg123-dev libsoxr-dev libebur128-dev libfftw3-dev
                   libopenblas-dev libmsgpack-dev libxxhash-dev libjansson-dev libcairo2-dev" ;;
    check) wanted="$wanted bats mandoc clang-format lame jq opus-tools python3-msgpack python3-numpy apngasm dpkg-dev zsh parallel" ;;
    demo) wanted="$wanted fluidsynth timgm6mb-soundfont fonts-dejavu-core" ;;
    figures) wanted="$wanted jq opus-tools" ;;
    torture) wanted="$wanted clang-14 libclang-rt-14-dev valgrind" ;;
    coverage) wanted="$wanted clang-14 libclang-rt-14-dev llvm-14" ;;
    compilers) wanted="$wanted clang-14 musl-tools gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
    aarch64) wanted="$wanted gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" ;;
    mpi) wanted="$wanted libopenmpi-dev openmpi-bin libmpich-dev mpich" ;;
    deb) wanted="$wanted dpkg-dev lintian" ;;
    bench) wanted="$wanted python3-torch python3-numpy python3-msgpack" ;;
    *) echo "packages.sh: no group '$group'" >&2; exit 2 ;;
    esac
done

# Other systems name their packages otherwise; there the compiler will say what is missing.
command -v dpkg-query > /dev/null || exit 0

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2> /dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" -eq 0 ] || sudo="sudo "
update=
ls /var/lib/apt/lists/*_Packages* > /dev/null 2>&1 || update="${sudo}apt-get update && "
install="${sudo}apt-get install -y --no-install-recommends$missing"
if [ "${DEPS:-yes}" = no ]; then
    echo "These packages are missing. To install them: $update$install" >&2
    exit 1
fi
if [ -n "$sudo" ] && ! command -v sudo > /dev/null; then
    echo "These packages are missing, and there is no sudo. As root, run: apt-get update && ${install#sudo }" >&2
    exit 1
fi
echo "Missing packages:$missing"
echo "Installing them: $update$install"
export DEBIAN_FRONTEND=noninteractive
[ -z "$update" ] || ${sudo}apt-get update
if ! $install; then
    ${sudo}apt-get update && $install
fi
