class EmbeddedError(Exception):
    """A problem that an operator can solve; the text says how."""
