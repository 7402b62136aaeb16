"""PostgreSQL, Redis and llama.cpp, from packages of the virtual environment."""
