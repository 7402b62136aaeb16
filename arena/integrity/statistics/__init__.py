"""The statistics of the integrity checks: pure NumPy, no Django, usable on simulated votes."""
