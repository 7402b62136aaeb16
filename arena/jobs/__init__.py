"""Periodic jobs whose last runs the database knows, so that none is missed for good."""
