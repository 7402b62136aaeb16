"""Tools for developers: reload, a fake endpoint, a simulated site. Not part of the image."""
