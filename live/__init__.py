"""Live: tells open pages that a thread changed, by server-sent events. It knows no app of ours."""
