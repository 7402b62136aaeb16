"""Statistics of endpoint audits: is what an endpoint answers what its contestant claims?

Knows no Django. `records` says what a probe asks and what came back, `evidence` turns it into
e-values, `probe` says what a probe is, and `probes` holds one folder for each. Evidence is an
e-process, so an audit may stop at any time.
"""
