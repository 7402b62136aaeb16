"""Everything the site needs, started by one command from packages of the virtual environment."""
