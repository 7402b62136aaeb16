"""Prints how well, and at what cost, text is judged."""

from tests.battles.text.tables import TABLES, printed

if __name__ == "__main__":
    print("\n\n".join(printed(table()) for table in TABLES))
