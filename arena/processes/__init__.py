"""The site's processes: how many connections they may open, and whether each does its work."""
