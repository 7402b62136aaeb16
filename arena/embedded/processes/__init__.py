"""Child processes: start, restart, and bound their logs."""
