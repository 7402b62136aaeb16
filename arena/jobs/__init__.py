"""Periodic jobs. The database records their last runs, so that a missed run is made up."""
