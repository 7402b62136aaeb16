"""Builds the image and runs the site of docker/compose.yaml: `make image`.

Where Docker cannot be had, it says so and succeeds. Where no registry of images can be reached, the
base images are made on this machine: from Debian's packages, and the servers of `make run`.
"""
