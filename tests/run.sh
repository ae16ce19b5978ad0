#!/usr/bin/env bash
# Runs the whole test-suite, GPU tests included, and ends with the runner's own closing line.
#
#   tests/run.sh               everything: documentation tests, then the suite
#   tests/run.sh net100 gpu    the tests of the suite whose names hold one of these words
#
# The GPU player is tested on what Vulkan device there is. Where there is none, Mesa's software driver is used; on Debian
# and Ubuntu it is installed if it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# Vulkan drivers describe themselves by JSON files in these folders.
driver_files() {
    local folder
    for folder in /etc/vulkan/icd.d /usr/share/vulkan/icd.d /usr/local/share/vulkan/icd.d \
        "${XDG_DATA_HOME:-$HOME/.local/share}/vulkan/icd.d"; do
        find "$folder" -maxdepth 1 -name "$1" 2>/dev/null || true
    done | sort
}

vulkan_loader() {
    { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true; } | grep 'libvulkan\.so\.1' >/dev/null
}

# A GPU that the kernel shows, and a driver for it that is not Mesa's software one.
hardware() {
    compgen -G '/dev/dri/renderD*' >/dev/null || compgen -G '/dev/nvidia[0-9]*' >/dev/null || return 1
    vulkan_loader && [ -n "$(driver_files '*.json' | grep -v 'lvp_icd')" ]
}

software() {
    vulkan_loader && [ -n "$(driver_files 'lvp_icd*.json')" ]
}

install_software_vulkan() {
    local sudo=""
    if ! command -v apt-get >/dev/null; then
        echo "tests/run.sh: there is no Vulkan device; install Mesa's software driver (Fedora: mesa-vulkan-drivers," \
            "Arch: vulkan-swrast, Alpine: mesa-vulkan-swrast) and the Vulkan loader, and run this again" >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "tests/run.sh: there is no Vulkan device; as root, run: apt-get install mesa-vulkan-drivers libvulkan1" >&2
            exit 1
        fi
        sudo="sudo"
    fi
    echo "tests/run.sh: no Vulkan device; installing Mesa's software driver" >&2
    $sudo apt-get update -q
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        mesa-vulkan-drivers libvulkan1
}

prepare_vulkan() {
    # A driver that the user chose is used as it is.
    if [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || hardware; then
        return
    fi
    software || install_software_vulkan
    # Only the software driver is loaded: drivers of GPUs that are not there fail slowly, or with noise. Loaders before
    # 1.3.207 know the variable by its second name.
    VK_DRIVER_FILES="$(driver_files 'lvp_icd*.json' | paste -s -d : -)"
    export VK_DRIVER_FILES VK_ICD_FILENAMES="$VK_DRIVER_FILES"
    # Compiled shaders are kept with the other build products, not in the home folder.
    export MESA_SHADER_CACHE_DIR="${MESA_SHADER_CACHE_DIR:-$PWD/target/mesa}"
    mkdir -p "$MESA_SHADER_CACHE_DIR"
    # Where nobody has logged in, as in a container, the driver asks for this folder at every start.
    if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
        export XDG_RUNTIME_DIR="$PWD/target/runtime"
        mkdir -p -m 700 "$XDG_RUNTIME_DIR"
    fi
}

# macOS has Metal and Windows Direct3D 12.
if [ "$(uname -s)" = Linux ]; then
    prepare_vulkan
fi
export NEUROPIL_REQUIRE_GPU=1

if [ $# -eq 0 ]; then
    cargo test --locked --doc
fi
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked "$@"
else
    cargo test --locked --tests -- "$@"
fi
