"""The voters, models and moderators of the simulated site."""
