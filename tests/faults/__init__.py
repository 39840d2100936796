"""Real processes, injured at seeded moments under load; then the promises are looked up in the
database and the mail folder. docs/reliability.md says what each trial does.
"""
