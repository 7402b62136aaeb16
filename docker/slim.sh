#!/bin/sh
# Remove from a virtual environment what a running site never loads: sh slim.sh VENV
# Tests of packages, sources of translations and of compiled modules, file systems of other hosts
# that pyarrow could read from, second copies of its libraries, symbols for debuggers.
set -eu
cd "$1"/lib/python3.*/site-packages

find . -depth -type d -name tests -exec rm -r {} +
find . -type f \( -name '*.po' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' \
    -o -name '*.c' -o -name '*.h' -o -name '*.hpp' -o -name '*.a' \) -delete

rm -rf pyarrow/include pyarrow/src
rm -f pyarrow/*_flight.* pyarrow/libarrow_s3.* pyarrow/_s3fs.* pyarrow/_pyarrow_cpp_tests.*
for library in pyarrow/lib*.so.*.*.*; do # libX.so.2600 is the name that modules look for
    soname=${library%.*.*}
    cmp -s "$library" "$soname" && rm "$library" "${soname%.*}"
done

if command -v strip >/dev/null; then
    # Those of *.libs were rewritten by auditwheel, and do not load once stripped.
    find . -type f -name '*.so*' -not -path '*.libs/*' -exec strip --strip-unneeded {} +
else
    echo "There is no strip here: the image is about 60 MB larger than it must be." >&2
fi
