class EmbeddedError(Exception):
    """Something an operator can put right; the text says what and how."""
