"""Statistics of endpoint audits: is what an endpoint answers what a reference answers?

Knows no Django. Evidence is an e-process, so an audit may stop at any time.
"""
