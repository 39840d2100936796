"""Reading: from memory, rendered, in a crowd, and while others write."""
