"""Moving in and out: comments from other systems, and a site's whole conversation as a file.

`formats/` reads each system's export as one stream of plain `records`; `scratch` keeps them on disk
until all is known that a comment needs (its page, author, and what it answers); `importing` stores
them. `exporting` and `restoring` are for the format of our own.
"""
