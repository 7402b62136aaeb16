"""Calls of endpoints: budget, circuit breaker, slots, retries and probes."""
