"""Tables: rows in, a .csv for programs and a .md for people out.

One file a table or a kind of table; titles and notes stand beside the columns that they explain.
`layout` writes, `names` says how models, data sets and observables are called. Nothing is measured.
"""
