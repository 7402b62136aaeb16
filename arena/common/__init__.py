"""What every app may use: no app of its own, and it imports none."""
