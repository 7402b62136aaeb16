#!/bin/sh
# Find Chromium and what Playwright's driver needs, or install them with the rights at hand.
set -eu
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
driver() { .venv/bin/playwright --version; }
{ browser && driver; } >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        as_root="none"
    fi
    if [ "$as_root" != none ]; then
        echo "Installing Chromium for the browser tests"
        $as_root apt-get update -qq || true
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            chromium fonts-dejavu-core libatomic1 || true
        { browser && driver; } >/dev/null 2>&1 && exit 0
    fi
fi
if ! driver >/dev/null 2>&1; then
    echo "Playwright, which drives the browser of the tests, does not start here:" >&2
    driver >&2 || true
    echo "On Debian or Ubuntu: sudo apt-get install libatomic1" >&2
    exit 1
fi
# Playwright's own build serves as well; it skips what it has.
.venv/bin/playwright install chromium >/dev/null 2>&1 && exit 0
echo "The browser tests need Chromium, and it could not be installed from here." >&2
echo "On Debian: sudo apt-get install chromium. Elsewhere, put chromium or google-chrome on the PATH." >&2
exit 1
