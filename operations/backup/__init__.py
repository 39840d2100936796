"""A backup is one file: every table as PostgreSQL copies it out, and a manifest that says how many
rows there are and what they sum to. `taking` writes it, `archive` knows the file, `restoring` puts
it back.
"""
