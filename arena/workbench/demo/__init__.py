"""`make demo`: a site that looks lived in. Every vote and every answer on it is simulated."""
