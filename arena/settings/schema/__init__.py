"""Every environment variable of the site: its type, default, range and meaning.

`loading.load` reads and checks them all; `reference` writes the table in docs/operating.md.
"""
