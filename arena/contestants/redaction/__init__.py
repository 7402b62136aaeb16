"""Takes out of an answer what gives away its model."""
