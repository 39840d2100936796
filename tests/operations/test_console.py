"""The lines of `manage.py up`, for people and for machines."""

import json

from operations.console import Console


def test_people_read_who_says_what(capsys):
    Console(as_json=False, width=6).say("Ready.", "web")

    assert capsys.readouterr().out == "web    | Ready.\n"


def test_machines_read_an_event_whoever_says_it(capsys):
    Console(as_json=True).say("Killed.", "web")

    event = json.loads(capsys.readouterr().out)
    assert event.pop("timestamp")
    assert event == {"event": "Killed.", "level": "info", "process": "web"}


def test_a_childs_own_event_passes_as_it_is(capsys):
    Console(as_json=True).say('{"event":"Answered."}', "web")

    assert capsys.readouterr().out == '{"event":"Answered."}\n'
