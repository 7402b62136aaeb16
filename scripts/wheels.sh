#!/bin/sh
# Check, without installing, that every locked package has a wheel for each supported Python on
# each supported processor: sh scripts/wheels.sh <uv> <lock file>...
set -eu
uv=$1
shift
locks=""
for lock in "$@"; do locks="$locks --requirement $lock"; done
nowhere=$(mktemp -d)
trap 'rm -rf "$nowhere"' EXIT
for python in 3.11 3.12 3.13 3.14; do
    for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28; do
        # shellcheck disable=SC2086 # a list of options
        if "$uv" pip install --quiet --dry-run --target "$nowhere" --no-deps --require-hashes \
            --only-binary :all: --python-version $python --python-platform $platform $locks; then
            echo "All wheels are there: Python $python, $platform"
        else
            echo "A wheel is missing: Python $python, $platform" >&2
            exit 1
        fi
    done
done
