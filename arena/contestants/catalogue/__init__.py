"""The catalogue of contestants and their endpoints."""
