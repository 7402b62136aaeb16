#!/bin/sh
# Run the smoke test on a fresh Debian 13, whose Python is newer than the one of the other checks:
# sh scripts/newest_python.sh (as root; needs debootstrap). The clone is that of this folder's HEAD.
set -eu
suite=trixie
machine=$(mktemp -d /var/tmp/arena-newest.XXXXXX)
end() {
    for mount in dev proc sys; do
        if mountpoint -q "$machine/$mount"; then umount --lazy "$machine/$mount"; fi
    done
    rm -rf --one-file-system "$machine"
}
trap end EXIT
trap 'exit 1' INT TERM

debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
    "$suite" "$machine" >"$machine.log" 2>&1 || { tail -n 20 "$machine.log" >&2; exit 1; }
rm -f "$machine.log"
# The network and the certificates are this machine's.
cp -L /etc/resolv.conf /etc/hosts "$machine/etc/"
cp -L --remove-destination /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/"
mount --bind /dev "$machine/dev"
mount -t proc proc "$machine/proc"
mount -t sysfs sysfs "$machine/sys"
git clone --quiet --no-hardlinks . "$machine/clone"
chroot "$machine" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    sh -c 'cd /clone && python3 --version && exec python3 scripts/smoke.py'
