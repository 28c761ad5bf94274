"""Prints what the fuzzer finds in the register, as a file for `alis import`.

Many worlds of one trainee each, alike but for how far they have come, so that a fuzzer that closes or
ends one of them has others left. `schemathesis_hooks.py` finds a resource by the key of its line.
"""

import json

WORLDS = 24
MUNICIPALITY = "1804"  # of the sample, in use from 2019 until today; the document's example
GOAL = "ALM-055"  # the goal that the OpenAPI document has as its example


def lines():
    with open("samples/curriculum-demo-1.json", encoding="utf-8") as file:
        yield "curriculum", "/v1/curricula", json.load(file)
    for number in range(WORLDS):
        for kind, path, body in world(number):
            path = path.replace("{", f"{{w{number}-")
            body = {field: value.replace("{", f"{{w{number}-") if isinstance(value, str) else value
                    for field, value in body.items()}
            yield f"w{number}-{kind}", path, body


def world(number):
    """The lines of one world; names in braces are those of its own lines."""
    hpr = 999_100_000 + 10 * number
    yield "programme", "/v1/programmes", {"name": f"Programme {number}", "from": "2019-01-01"}
    yield "alis-office", "/v1/alis-offices", {"name": f"Office {number}"}
    yield "position", "/v1/positions", {
        "municipality": MUNICIPALITY, "category": "regular_gp", "percent": 100,
        "intended_operating_model": "salaried", "from": "2020-01-01"}
    yield "trainee", "/v1/trainees", {
        "hpr_number": str(hpr), "name": "Kari Eksempel", "scheme": "old"}
    yield "occupancy", "/v1/positions/{position}/occupancies", {
        "trainee": "{trainee}", "from": "2020-01-01", "percent": 50,
        "operating_model": "salaried", "to": "2020-12-31" if number % 2 else None}
    yield "leader", "/v1/leaders", {
        "hpr_number": str(hpr + 1), "name": "Ola Leder",
        "municipality": MUNICIPALITY, "from": "2020-01-01"}
    yield "supervisor", "/v1/supervisors", {
        "hpr_number": str(hpr + 2), "name": "Eva Eksempel", "specialist_since": "2010-01-01"}
    yield "assignment", "/v1/supervisor-assignments", {
        "trainee": "{trainee}", "supervisor": "{supervisor}", "from": "2020-01-01",
        "mode": "on_site"}
    if number % 4:
        yield "accepted", "/v1/supervisor-assignments/{assignment}/acceptance", {"on": "2020-01-01"}
    yield from exemption(number % 4)
    yield "plan", "/v1/trainees/{trainee}/plans", {
        "curriculum": "demo-1", "plan": "alm", "by": "{leader}", "on": "2020-02-01"}
    if number % 4:
        yield from goal(number % 4)


def exemption(steps):
    yield "exemption", "/v1/supervision-exemptions", {
        "supervisor": "{supervisor}", "municipality": MUNICIPALITY, "from": "2021-01-01",
        "to": "2021-12-31", "challenges": "No specialist within two hours.",
        "measures_tried": "Announced twice.", "specialists_attached": 0,
        "trainees_in_training": 2, "trainees_with_non_specialist": 1,
        "competence": "Ten years of practice."}
    if steps > 0:
        yield "applied", "/v1/supervision-exemptions/{exemption}/submission", {"on": "2020-11-01"}
    if steps > 1:
        granted = {"outcome": "granted", "on": "2020-12-01", "from": "2021-01-01",
                   "to": "2021-12-31"}
        refused = {"outcome": "rejected", "on": "2020-12-01", "reason": "There are specialists."}
        yield "decided", "/v1/supervision-exemptions/{exemption}/decision", (
            granted if steps == 2 else refused)


def goal(steps):
    path = f"/v1/trainees/{{trainee}}/learning-goals/{GOAL}/"
    yield "submitted", path + "submission", {"on": "2020-03-01"}
    if steps > 1:
        for role in ["supervisor", "clinical_supervisor"]:
            yield f"recommended-{role}", path + "recommendations", {
                "by": "{supervisor}", "role": role, "verdict": "positive", "on": "2020-03-02",
                "dual_role_reason": "The only one there."}
    if steps > 2:
        yield "approved", path + "decision", {
            "by": "{leader}", "outcome": "approved", "on": "2020-03-03"}


for name, path, body in lines():
    print(json.dumps({"post": path, "key": name, "as": name.replace("_", "-"), "body": body}))
