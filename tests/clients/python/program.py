"""Uses the service through the client that openapi-python-client generates, and nothing else.

A trainee takes a position, is supervised and attains a goal; then lists, the feed, a report on two
days, and two refusals whose facts are members. scripts/clients.sh generates the client and runs this.
"""

import os
from datetime import date
from http import HTTPStatus
from uuid import uuid4

from alis_client import AuthenticatedClient
from alis_client.api.feed import read_events
from alis_client.api.leaders import register_leader
from alis_client.api.learning_goals import assign_plan, decide_goal, recommend_goal, submit_goal
from alis_client.api.positions import (
    correct_position, establish_position, fill_position, list_positions,
)
from alis_client.api.reports import report_staffing
from alis_client.api.supervisor_assignments import (
    accept_supervisor_assignment, propose_supervisor_assignment,
)
from alis_client.api.supervisors import register_supervisor
from alis_client.api.trainees import read_trainee, register_trainee
from alis_client.models import (
    AssignmentAnswer, AssignPlan, Category, CorrectPosition, DecideGoal, EstablishPosition,
    FillPosition, GoalOutcome, OperatingModel, Plan, PositionDryRun, ProposeAssignment,
    RecommendGoal, RegisterLeader, RegisterSupervisor, RegisterTrainee, Role, Scheme, SubmitGoal,
    SupervisionMode, Verdict,
)

MUNICIPALITY = "1804"
GOAL = "ALM-001"
client = AuthenticatedClient(base_url=os.environ["ALIS_URL"], token=os.environ["ALIS_TOKEN"])
first_hpr = int(os.environ["ALIS_FIRST_HPR"])


def the(response, status):
    """What was answered, which must be of this status."""
    assert response.status_code == status, (response.status_code, response.content)
    return response.parsed


def main():
    start = position_of_log()
    trainee = the(register_trainee.sync_detailed(
        client=client, idempotency_key=str(uuid4()),
        body=RegisterTrainee(hpr_number=str(first_hpr), name="Kari Eksempel", scheme=Scheme.NEW),
    ), HTTPStatus.CREATED)
    again = the(register_trainee.sync_detailed(
        client=client,
        body=RegisterTrainee(hpr_number=str(first_hpr), name="Liv Eksempel", scheme=Scheme.NEW),
    ), HTTPStatus.CONFLICT)
    assert (again.code, again.trainee) == ("trainee_exists", trainee.id), again
    position = hold_position(trainee.id)
    supervise_and_attain(trainee.id)
    page_through(position.id)
    follow_feed(start, trainee.id)
    compare_days()
    shown = the(read_trainee.sync_detailed(trainee.id, client=client), HTTPStatus.OK)
    assert (shown.name, shown.hpr_number) == ("Kari Eksempel", str(first_hpr)), shown
    assert [held.position for held in shown.positions] == [position.id], shown


def position_of_log():
    reached = "0"
    while True:
        answer = read_events.sync_detailed(client=client, after=reached, limit=1000)
        the(answer, HTTPStatus.OK)
        reached = answer.headers["log-position"]
        if 'rel="next"' not in answer.headers.get("link", ""):
            return reached


def hold_position(trainee):
    wanted = EstablishPosition(
        municipality=MUNICIPALITY, category=Category.REGULAR_GP, percent=100,
        intended_operating_model=OperatingModel.SALARIED, from_=date(2020, 1, 1),
    )
    rehearse(wanted)
    made = establish_position.sync_detailed(client=client, body=wanted)
    position = the(made, HTTPStatus.CREATED)
    filled = the(fill_position.sync_detailed(
        position.id, client=client, if_match=made.headers["etag"],
        body=FillPosition(trainee=trainee, from_=date(2020, 2, 1), percent=100,
                          operating_model=OperatingModel.SALARIED),
    ), HTTPStatus.CREATED)
    assert (filled.trainee, filled.to, filled.percent) == (trainee, None, 100), filled
    # What has changed since the version that is named is told.
    stale = the(correct_position.sync_detailed(
        position.id, client=client, if_match=made.headers["etag"],
        body=CorrectPosition(percent=80, reason="Forsøk"),
    ), HTTPStatus.PRECONDITION_FAILED)
    assert stale.code == "stale_version" and stale.current_etag == f'"{stale.current}"', stale
    assert [event.type_ for event in stale.unseen_events] == ["no.alis.position.filled.v1"], stale
    return position


def rehearse(wanted):
    """A dry run has a media type and a class of its own; the function expects the resource."""
    asked = establish_position._get_kwargs(body=wanted, dry_run=True)
    answer = client.get_httpx_client().request(**asked)
    assert answer.headers["content-type"] == "application/vnd.alis.dry-run+json", answer.headers
    recorded = PositionDryRun.from_dict(answer.json())
    assert (recorded.dry_run, recorded.status, len(recorded.events)) == (True, 201, 1), recorded
    assert recorded.resource.municipality == MUNICIPALITY, recorded


def supervise_and_attain(trainee):
    leader = the(register_leader.sync_detailed(
        client=client,
        body=RegisterLeader(name="Grete Eksempel", municipality=MUNICIPALITY,
                            from_=date(2020, 1, 1), hpr_number=str(first_hpr + 1)),
    ), HTTPStatus.CREATED)
    by = {}
    for number, role in enumerate([Role.SUPERVISOR, Role.CLINICAL_SUPERVISOR]):
        supervisor = the(register_supervisor.sync_detailed(
            client=client,
            body=RegisterSupervisor(name="Ola Eksempel", hpr_number=str(first_hpr + 2 + number),
                                    specialist_since=date(2010, 1, 1)),
        ), HTTPStatus.CREATED)
        by[role] = supervisor.id
    proposed = the(propose_supervisor_assignment.sync_detailed(
        client=client,
        body=ProposeAssignment(trainee=trainee, supervisor=by[Role.SUPERVISOR],
                               from_=date(2020, 2, 1), mode=SupervisionMode.ON_SITE),
    ), HTTPStatus.CREATED)
    accepted = the(accept_supervisor_assignment.sync_detailed(
        proposed.id, client=client, body=AssignmentAnswer(on=date(2020, 1, 20)),
    ), HTTPStatus.OK)
    assert accepted.warnings[0].code == "no_supervisor_course", accepted
    assert accepted.warnings[0].detail, accepted
    the(assign_plan.sync_detailed(
        trainee, client=client,
        body=AssignPlan(curriculum="demo-1", plan=Plan.ALM, by=leader.id, on=date(2020, 2, 3)),
    ), HTTPStatus.CREATED)
    the(submit_goal.sync_detailed(
        trainee, GOAL, client=client, body=SubmitGoal(on=date(2020, 5, 4)),
    ), HTTPStatus.OK)
    decision = DecideGoal(by=leader.id, outcome=GoalOutcome.APPROVED, on=date(2020, 5, 6))
    refused = the(decide_goal.sync_detailed(trainee, GOAL, client=client, body=decision),
                  HTTPStatus.CONFLICT)
    assert refused.code == "recommendations_missing", refused
    assert refused.missing == ["supervisor", "clinical_supervisor"], refused
    for role, who in by.items():
        the(recommend_goal.sync_detailed(
            trainee, GOAL, client=client,
            body=RecommendGoal(by=who, role=role, verdict=Verdict.POSITIVE, on=date(2020, 5, 5)),
        ), HTTPStatus.OK)
    approved = the(decide_goal.sync_detailed(trainee, GOAL, client=client, body=decision),
                   HTTPStatus.OK)
    assert approved.status == "approved", approved


def page_through(position):
    found, cursor, reached = [], None, position_of_log()
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = the(list_positions.sync_detailed(
            client=client, municipality=MUNICIPALITY, limit=2, min_log_position=reached, **more,
        ), HTTPStatus.OK)
        assert len(page.items) <= 2
        found += [item.id for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert found.count(position) == 1 and len(found) == len(set(found)) > 1, found


def follow_feed(start, trainee):
    answer = read_events.sync_detailed(client=client, after=start, subject=f"trainee:{trainee}")
    events = the(answer, HTTPStatus.OK)
    types = [event.type_.removeprefix("no.alis.") for event in events]
    assert types == ["trainee.registered.v1", "position.filled.v1"], types
    assert events[1].data["trainee"] == str(trainee), events[1]
    places = [int(event.position) for event in events]
    assert places == sorted(set(places)) and places[0] > int(start), places
    answer = read_events.sync_detailed(
        client=client, after=str(places[-1]), subject=f"goal:{trainee}/{GOAL}",
        types="no.alis.learning_goal.submitted.v1,no.alis.learning_goal.approved.v1")
    types = [event.type_.rsplit(".", 2)[1] for event in the(answer, HTTPStatus.OK)]
    assert types == ["submitted", "approved"], types


def compare_days():
    reached = position_of_log()
    recorded = [the(report_staffing.sync_detailed(
        client=client, municipality=MUNICIPALITY, as_of=day, min_log_position=reached,
    ), HTTPStatus.OK) for day in [date(2019, 6, 1), date(2020, 3, 31)]]
    before, after = (report.totals.filled for report in recorded)
    assert after > before >= 0, recorded
    unchanged = report_staffing.sync_detailed(
        client=client, municipality=MUNICIPALITY, as_of=date(2020, 3, 31),
        known_at=str(recorded[1].known_at))
    assert the(unchanged, HTTPStatus.OK).totals.to_dict() == recorded[1].totals.to_dict()


main()
print("python: ok")
