"""The error of a file that is not read."""


class BadVotes(ValueError):
    """The file cannot be read as votes; the message says where and why."""
