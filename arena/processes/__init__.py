"""The site's processes: their database connections and their health checks."""
