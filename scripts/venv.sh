#!/bin/sh
# Make a virtual environment with the first Python that is new enough: sh scripts/venv.sh <folder>
set -eu
for python in python3.11 python3 python3.12 python3.13 python3.14; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        if [ ! -x "$1/bin/python" ]; then
            echo "Making $1 with $("$python" --version)"
            "$python" -m venv "$1" || {
                echo "The module venv is missing: on Debian or Ubuntu, apt-get install python3-venv" >&2
                exit 1
            }
        fi
        exit 0
    fi
done
echo "Blind Arena needs Python 3.11 or newer, and none of python3.11, python3 … is." >&2
echo "On Debian or Ubuntu: apt-get install python3 python3-venv" >&2
exit 1
