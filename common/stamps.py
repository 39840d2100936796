"""What a public answer says of its own age, to those who keep it for us."""

#: A header with what tells whether the answer would still be the same. `edge` takes it off.
STAMP = "X-Edge-Stamp"
#: A header that says for how many seconds it may be given again, if that is not one. Taken off too.
FRESH = "X-Edge-Fresh"
#: In lower case, the headers by which a CDN keeps it for longer than a second (`common.cdn`).
LASTING = frozenset({"surrogate-control", "cloudflare-cdn-cache-control", "x-accel-expires"})
