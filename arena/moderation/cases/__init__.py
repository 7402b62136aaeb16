"""Cases: opening, priority, queue and review."""
