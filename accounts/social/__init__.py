"""Signing in with an account elsewhere: OpenID Connect and the providers that readers know.

allauth keeps the flow. Here stand our rules about it (`adapter`), what it is not strict enough
about for us (`providers`), the guarded way out (`session`), and the pages (`views`).
"""
