"""Prints how well, and at what cost, text is judged, what decoys tell, and what frames betray."""

from tests.servers import running

if __name__ == "__main__":
    with running():
        from tests.battles.decoys import evidence_table
        from tests.battles.eavesdropper import pacing_table
        from tests.text.tables import TABLES, printed

        print("\n\n".join(printed(table()) for table in (*TABLES, evidence_table, pacing_table)))
