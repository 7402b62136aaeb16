"""`make run`: the whole site, from packages of the virtual environment."""
