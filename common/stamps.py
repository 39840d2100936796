"""What a public answer says of its own age, to those who keep it for us."""

#: A header with what tells whether the answer would still be the same. `edge` takes it off.
STAMP = "X-Edge-Stamp"
#: A header that says for how many seconds it may be given again, if that is not one. Taken off too.
FRESH = "X-Edge-Fresh"
