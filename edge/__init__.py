"""The edge: answers public reads from memory, in front of Django. It knows no app of ours."""
