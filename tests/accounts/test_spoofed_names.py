"""A handful of spoofed names of each kind, tried as the whole file is."""

import pytest

from tests.abuse.names import is_refused

#: name imitated, what is typed
SPOOFED = {
    "homoglyph": [("admin", "аdmin"), ("Alice", "Aliсe"), ("editorial", "ꬲditorial")],
    "invisible": [("admin", "a\u200bdmin"), ("Alice", "\u00adAlice"), ("staff", "st\u180eaff")],
    "full width": [("moderator", "ｍｏｄｅｒａｔｏｒ"), ("Alice", "Ａｌｉｃｅ")],
    "stacked marks": [("editor", "e\u0318\u0348\u0339\u0320ditor"), ("Alice", "A\u0338lice")],
}


@pytest.mark.parametrize(("name", "typed"), [pair for pairs in SPOOFED.values() for pair in pairs])
def test_a_spoofed_name_is_refused(name, typed):
    assert is_refused(typed, protected=[name])
