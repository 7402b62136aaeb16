"""Errors of ratings: clustered by voter, or by bootstrap."""
