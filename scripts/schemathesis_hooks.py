"""What Schemathesis cannot know of this service by itself, in two parts.

Which refusals of a well-formed request are the contract, and not a fault: a schema says how a request
is written, and some of what `docs/errors.md` promises to refuse is written well and means something
that cannot be. Only that is let through, each by its problem code and by what the request said; the
same status with another code stays a failure.

And where there is something: the ids that the OpenAPI document has as examples stand for resources
that `schemathesis_world.py` put into the register, and numbers that may be taken once are taken new.
"""

import datetime
import itertools
import json
import os
import re

import schemathesis
from hypothesis import strategies as st

# Codes of `errors` in a 422 `invalid_request` that a schema of one field cannot foresee.
REFUSED_FOR_ITS_MEANING = {
    # Two fields that do not go together.
    "before_announcement",
    "before_application",
    "before_completion",
    "day_or_entered_in_error",
    "delegated_further",
    "duplicate_code",
    "ends_before_it_begins",
    "invalid_external_ids",
    "more_than_all",
    "not_granted",
    "not_before",
    "nothing_else",
    "only_with_approved",
    "only_with_system",
    "outside_of_delegator",
    "own_delegate",
    "reopened_has_no_end",
    "same_municipality",
    "set_and_removed",
    # Versions counted over all goals of a catalogue, ids over all that was told of a resource.
    "too_many_external_ids",
    "too_many_versions",
    # What the register does not hold, or not on that day.
    "curriculum_not_in_force",
    "municipality_not_in_use",
    "organisation_closed",
    "plan_without_goals",
    "unknown_reference",
    # Written right and made up: a check digit, a cursor of no page, a time to come.
    "in_the_future",
    "invalid_cursor",
    "invalid_organisation_number",
    # More of the log than is sealed.
    "not_sealed",
}


# Fields that the schema leaves out at will and an outcome demands: a grant its period, a return its
# comment, a refusal its reason.
REQUIRED_BY_AN_OUTCOME = {"/comment", "/from", "/reason", "/recorded_from", "/to"}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure, unless the contract says that this request is answered so."""
    kind = type(failure).__name__
    if kind == "RejectedPositiveData":
        return not (sends_no_versions(case) or refused_for_its_meaning(case, response))
    if kind == "ServerError":
        return not asks_for_a_position_to_come(case, response)
    return True


def sends_no_versions(case):
    """An empty header of versions, which the schema forbids by its length and by its pattern:
    the generator makes one from a pattern of alternatives and takes it for valid."""
    return "" in (header(case, "If-Match"), header(case, "If-None-Match"))


def refused_for_its_meaning(case, response):
    problem = problem_of(response)
    match response.status_code, problem.get("code"):
        case 412, "stale_version":
            return header(case, "If-Match") is not None
        case 422, "key_reused":
            return header(case, "Idempotency-Key") is not None
        case 422, "invalid_request":
            return bool(problem["errors"]) and all(map(concerns_meaning, problem["errors"]))
    return False


def concerns_meaning(error):
    if error["code"] == "required":
        return error["pointer"] in REQUIRED_BY_AN_OUTCOME
    return error["code"] in REFUSED_FOR_ITS_MEANING


def asks_for_a_position_to_come(case, response):
    """The log has not come to `Min-Log-Position`; that it has, and a model or a seal has not, is a
    failure."""
    wanted = header(case, "Min-Log-Position")
    code = problem_of(response).get("code")
    if response.status_code != 503 or code not in ("not_yet_visible", "not_yet_sealed"):
        return False
    [reached] = response.headers["log-position"]
    return wanted is not None and int(wanted) > int(reached)


def problem_of(response):
    [content_type] = response.headers.get("content-type", [""])
    return response.json() if content_type == "application/problem+json" else {}


def header(case, name):
    return (case.headers or {}).get(name)


# --- Where there is something -------------------------------------------------------------------

# The ids of the document's examples: any UUID that begins so is put in place of.
EXAMPLE = re.compile("^01890a5d-ac96-774b-bcce-b302099a80[0-9]{2}$")
EXAMPLE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
# The sample is known there, the worlds are not.
EXAMPLE_KNOWN_AT = "225"
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)

# Days on which the register has something to say, and some of all others that may be told.
days = st.dates(datetime.date(2019, 1, 1), datetime.date(2024, 12, 31)) | st.dates(
    FIRST_DAY, LAST_DAY)
instants = st.datetimes(
    datetime.datetime(1900, 1, 2), datetime.datetime(2199, 12, 30), timezones=st.just(datetime.UTC))
schemathesis.openapi.format("date", days.map(str))
schemathesis.openapi.format(
    "date-time", instants.map(lambda at: at.isoformat().replace("+00:00", "Z")))
schemathesis.openapi.format("uuid", st.just(EXAMPLE_ID) | st.uuids().map(str))

# What a name of a field or parameter, or a collection of the address, is in the world.
KINDS = {
    "alis-offices": "alis-office",
    "alis_office": "alis-office",
    "by": "leader",
    "delegated_by": "leader",
    "leaders": "leader",
    "occupancy": "occupancy",
    "positions": "position",
    "programme": "programme",
    "programmes": "programme",
    "supervision-exemptions": "exemption",
    "supervisor": "supervisor",
    "supervisor-assignments": "assignment",
    "supervisors": "supervisor",
    "trainee": "trainee",
    "trainees": "trainee",
}


def worlds(lines):
    """The ids of each world by kind, one world after the other and again from the first."""
    found = {}
    for line in lines:
        world, _, kind = line["key"].partition("-")
        found.setdefault(world, {})[kind] = line.get("id")
    return itertools.cycle([ids for world, ids in found.items() if world != "curriculum"])


with open(os.environ["SCHEMATHESIS_WORLD"], encoding="utf-8") as report:
    LINES = [json.loads(line) for line in report]
WORLDS = worlds(LINES)
KNOWN_AT = str(LINES[-1]["log_position"])
NUMBERS = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts what is there in place of the document's examples."""
    collection = case.operation.path.split("/")[2:3]
    kind_of_id = KINDS.get(collection[0]) if collection else None
    ids = dict(next(WORLDS))
    if case.operation.path.endswith("/recommendations"):
        ids["leader"] = ids["supervisor"]
    if isinstance(case.query, dict) and case.query.get("known_at") == EXAMPLE_KNOWN_AT:
        case.query["known_at"] = KNOWN_AT
    for parameters in [case.path_parameters, case.query]:
        for name, value in (parameters or {}).items():
            kind = kind_of_id if name == "id" else KINDS.get(name)
            if kind in ids and is_example(value):
                parameters[name] = ids[kind]
    # A case that lacks a header, or has a wrong one, is left as it is.
    if case.meta is not None and case.meta.generation.mode.is_positive:
        choose_headers(case)
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if KINDS.get(name) in ids and is_example(value):
                case.body[name] = ids[KINDS[name]]
        take_new_numbers(case.body)


def choose_headers(case):
    """Headers whose examples would keep every answer after the first from being of interest."""
    # Whoever has any version has this one, and would never see it.
    if header(case, "If-None-Match") == "*":
        case.headers["If-None-Match"] = '"0"'
    if header(case, "Idempotency-Key") == EXAMPLE_ID:
        case.headers["Idempotency-Key"] = f"example-{next(NUMBERS)}"


def is_example(value):
    return isinstance(value, str) and EXAMPLE.match(value) is not None


def take_new_numbers(body):
    """Of a number that names one person, organisation or thing, the example is taken after one use."""
    number = next(NUMBERS)
    if body.get("hpr_number") == "999000001":
        body["hpr_number"] = str(999_500_000 + number)
    if body.get("organisation_number") == "983544622":
        body["organisation_number"] = organisation_number(number)
    if body.get("version") == "dossier":
        body["version"] = f"dossier-{number}"
    stated = body.get("external_ids")
    for external in [body, *(stated if isinstance(stated, list) else [])]:
        if isinstance(external, dict) and external.get("system") == external.get("id") == "dossier":
            external["id"] = f"dossier-{number}"


def organisation_number(number):
    """The `number`th of those that begin with 9 and whose check digit is right."""
    stem = f"{90_000_000 + 7 * number}"
    rest = sum(w * int(digit) for w, digit in zip([3, 2, 7, 6, 5, 4, 3, 2], stem)) % 11
    return stem + str((11 - rest) % 11) if rest != 1 else organisation_number(number + 100_000)
