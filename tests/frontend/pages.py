"""What the tests of the site's scripts share."""

LABELS = {"copy": "Copy", "copied": "Copied", "copyFailed": "Not copied", "code": "Code"}
