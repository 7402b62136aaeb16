"""The command line of the library: a file for each command."""
