// Uses the service through the client that openapi-generator generates for Go, and nothing else.
//
// A trainee takes a position, is supervised and attains a goal; then lists, the feed, a report on
// two days, and two refusals whose facts are members. scripts/clients.sh generates the client and
// runs this.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"clients/alis"
)

const (
	municipality = "1804"
	goal         = "ALM-001"
)

var (
	api      *alis.APIClient
	ctx      = context.Background()
	firstHpr int
)

func main() {
	config := alis.NewConfiguration()
	config.Servers = alis.ServerConfigurations{{URL: os.Getenv("ALIS_URL")}}
	config.AddDefaultHeader("Authorization", "Bearer "+os.Getenv("ALIS_TOKEN"))
	api = alis.NewAPIClient(config)
	firstHpr, _ = strconv.Atoi(os.Getenv("ALIS_FIRST_HPR"))

	start := positionOfLog()
	registration := alis.NewRegisterTrainee(hpr(0), "Kari Eksempel", alis.SCHEME_NEW)
	trainee, response, err := api.TraineesAPI.RegisterTrainee(ctx).
		RegisterTrainee(*registration).IdempotencyKey("go-" + hpr(0)).Execute()
	must(response, err, 201)
	registration.Name = "Liv Eksempel"
	_, response, err = api.TraineesAPI.RegisterTrainee(ctx).RegisterTrainee(*registration).Execute()
	again := refusal[alis.ConflictProblem](response, err, 409)
	holds(again.Code == "trainee_exists" && again.GetTrainee() == trainee.Id, again)

	position := holdPosition(trainee.Id)
	superviseAndAttain(trainee.Id)
	pageThrough(position)
	followFeed(start, trainee.Id)
	compareDays()
	shown, response, err := api.TraineesAPI.ReadTrainee(ctx, trainee.Id).Execute()
	must(response, err, 200)
	holds(shown.GetName() == "Kari Eksempel" && shown.GetHprNumber() == hpr(0), shown)
	holds(len(shown.Positions) == 1 && shown.Positions[0].Position == position, shown)
	fmt.Println("go: ok")
}

func hpr(number int) string {
	return strconv.Itoa(firstHpr + number)
}

func holds(is bool, what any) {
	if !is {
		text, _ := json.Marshal(what)
		panic(string(text))
	}
}

// must holds an answer against the status that it should have.
func must(response *http.Response, err error, status int) {
	if response == nil || response.StatusCode != status || (err != nil && status < 300) {
		body := ""
		if told, is := err.(*alis.GenericOpenAPIError); is {
			body = string(told.Body())
		}
		panic(fmt.Sprintln(response, err, body))
	}
}

// refusal is the problem that the client made of a refusal.
func refusal[P any](response *http.Response, err error, status int) P {
	must(response, err, status)
	problem, is := err.(*alis.GenericOpenAPIError).Model().(P)
	holds(is, fmt.Sprintf("%T", err.(*alis.GenericOpenAPIError).Model()))
	return problem
}

func positionOfLog() string {
	for after := "0"; ; {
		_, response, err := api.FeedAPI.ReadEvents(ctx).After(after).Limit(1000).Execute()
		must(response, err, 200)
		after = response.Header.Get("Log-Position")
		if !strings.Contains(response.Header.Get("Link"), `rel="next"`) {
			return after
		}
	}
}

func holdPosition(trainee string) string {
	wanted := alis.NewEstablishPosition(
		alis.CATEGORY_REGULAR_GP, alis.OPERATINGMODEL_SALARIED, municipality, 100)
	wanted.SetFrom("2020-01-01")
	rehearse(wanted)
	position, response, err := api.PositionsAPI.EstablishPosition(ctx).
		EstablishPosition(*wanted).Execute()
	must(response, err, 201)
	etag := response.Header.Get("ETag")
	filling := alis.NewFillPosition("2020-02-01", alis.OPERATINGMODEL_SALARIED, 100, trainee)
	filled, response, err := api.PositionsAPI.FillPosition(ctx, position.Id).
		FillPosition(*filling).IfMatch(etag).Execute()
	must(response, err, 201)
	holds(filled.Trainee == trainee && filled.To.Get() == nil && filled.Percent == 100, filled)
	// What has changed since the version that is named is told.
	correction := alis.NewCorrectPosition("Forsøk")
	correction.SetPercent(80)
	_, response, err = api.PositionsAPI.CorrectPosition(ctx, position.Id).
		CorrectPosition(*correction).IfMatch(etag).Execute()
	stale := refusal[alis.StaleVersionProblem](response, err, 412)
	holds(stale.CurrentEtag == `"`+stale.Current+`"`, stale)
	holds(len(stale.UnseenEvents) == 1, stale)
	holds(stale.UnseenEvents[0].Type == "no.alis.position.filled.v1", stale)
	return position.Id
}

// rehearse shows that a dry run has a media type and a type of its own. The function of the client
// expects the resource, says that this is none, and gives the body.
func rehearse(wanted *alis.EstablishPosition) {
	_, response, err := api.PositionsAPI.EstablishPosition(ctx).
		EstablishPosition(*wanted).DryRun(true).Execute()
	media := response.Header.Get("Content-Type")
	holds(response.StatusCode == 200 && media == "application/vnd.alis.dry-run+json", media)
	var rehearsed alis.PositionDryRun
	told, is := err.(*alis.GenericOpenAPIError)
	holds(is && json.Unmarshal(told.Body(), &rehearsed) == nil, fmt.Sprint(err))
	holds(rehearsed.DryRun && rehearsed.Status == 201 && len(rehearsed.Events) == 1, rehearsed)
	holds(rehearsed.Resource.Municipality == municipality, rehearsed)
}

func superviseAndAttain(trainee string) {
	leading := alis.NewRegisterLeader("2020-01-01", municipality, "Grete Eksempel")
	leading.SetHprNumber(hpr(1))
	leader, response, err := api.LeadersAPI.RegisterLeader(ctx).RegisterLeader(*leading).Execute()
	must(response, err, 201)
	roles := []alis.Role{alis.ROLE_SUPERVISOR, alis.ROLE_CLINICAL_SUPERVISOR}
	var supervisors []string
	for number := range roles {
		registration := alis.NewRegisterSupervisor(hpr(2+number), "Ola Eksempel")
		registration.SetSpecialistSince("2010-01-01")
		supervisor, response, err := api.SupervisorsAPI.RegisterSupervisor(ctx).
			RegisterSupervisor(*registration).Execute()
		must(response, err, 201)
		supervisors = append(supervisors, supervisor.Id)
	}
	proposal := alis.NewProposeAssignment(
		"2020-02-01", alis.SUPERVISIONMODE_ON_SITE, supervisors[0], trainee)
	proposed, response, err := api.SupervisorAssignmentsAPI.ProposeSupervisorAssignment(ctx).
		ProposeAssignment(*proposal).Execute()
	must(response, err, 201)
	answer := alis.NewAssignmentAnswer()
	answer.SetOn("2020-01-20")
	accepted, response, err := api.SupervisorAssignmentsAPI.
		AcceptSupervisorAssignment(ctx, proposed.Id).AssignmentAnswer(*answer).Execute()
	must(response, err, 200)
	warning := accepted.Warnings[0]
	holds(warning.Code == alis.WARNINGCODE_NO_SUPERVISOR_COURSE && warning.Detail != "", accepted)

	plan := alis.NewAssignPlan(leader.Id, "demo-1", alis.PLAN_ALM)
	plan.SetOn("2020-02-03")
	_, response, err = api.LearningGoalsAPI.AssignPlan(ctx, trainee).AssignPlan(*plan).Execute()
	must(response, err, 201)
	submission := alis.NewSubmitGoal()
	submission.SetOn("2020-05-04")
	_, response, err = api.LearningGoalsAPI.SubmitGoal(ctx, trainee, goal).
		SubmitGoal(*submission).Execute()
	must(response, err, 200)
	decision := alis.NewDecideGoal(leader.Id, alis.GOALOUTCOME_APPROVED)
	decision.SetOn("2020-05-06")
	decide := api.LearningGoalsAPI.DecideGoal(ctx, trainee, goal).DecideGoal(*decision)
	_, response, err = decide.Execute()
	refused := refusal[alis.ConflictProblem](response, err, 409)
	holds(refused.Code == "recommendations_missing", refused)
	holds(strings.Join(refused.Missing, " ") == "supervisor clinical_supervisor", refused)
	for number, role := range roles {
		recommendation := alis.NewRecommendGoal(supervisors[number], role, alis.VERDICT_POSITIVE)
		recommendation.SetOn("2020-05-05")
		_, response, err = api.LearningGoalsAPI.RecommendGoal(ctx, trainee, goal).
			RecommendGoal(*recommendation).Execute()
		must(response, err, 200)
	}
	approved, response, err := decide.Execute()
	must(response, err, 200)
	holds(approved.Situation == alis.GOALSITUATION_APPROVED, approved)
}

func pageThrough(position string) {
	reached := positionOfLog()
	seen := map[string]int{}
	list := api.PositionsAPI.ListPositions(ctx).
		Municipality(municipality).Limit(2).MinLogPosition(reached)
	for {
		page, response, err := list.Execute()
		must(response, err, 200)
		holds(len(page.Items) <= 2, page)
		for _, item := range page.Items {
			seen[item.Id]++
			holds(seen[item.Id] == 1, seen)
		}
		if page.GetNextCursor() == "" {
			break
		}
		list = list.Cursor(page.GetNextCursor())
	}
	holds(seen[position] == 1 && len(seen) > 1, seen)
}

func followFeed(start string, trainee string) {
	events, response, err := api.FeedAPI.ReadEvents(ctx).
		After(start).Subject("trainee:" + trainee).Execute()
	must(response, err, 200)
	var types []string
	last, _ := strconv.ParseInt(start, 10, 64)
	for _, event := range events {
		types = append(types, strings.TrimPrefix(event.Type, "no.alis."))
		place, err := strconv.ParseInt(event.Position, 10, 64)
		holds(err == nil && place > last, event)
		last = place
	}
	holds(strings.Join(types, " ") == "trainee.registered.v1 position.filled.v1", types)
	var filled alis.PositionFilledV1Data
	data, _ := json.Marshal(events[1].Data)
	holds(json.Unmarshal(data, &filled) == nil && filled.Trainee == trainee, events[1])
	ofGoal, response, err := api.FeedAPI.ReadEvents(ctx).
		After(strconv.FormatInt(last, 10)).Subject("goal:" + trainee + "/" + goal).
		Types("no.alis.learning_goal.submitted.v1,no.alis.learning_goal.approved.v1").Execute()
	must(response, err, 200)
	holds(len(ofGoal) == 2 && ofGoal[1].Type == "no.alis.learning_goal.approved.v1", ofGoal)
}

func compareDays() {
	reached := positionOfLog()
	report := api.ReportsAPI.ReportStaffing(ctx).
		Municipality(municipality).MinLogPosition(reached).Format("json")
	before, response, err := report.AsOf("2019-06-01").Execute()
	must(response, err, 200)
	after, response, err := report.AsOf("2020-03-31").Execute()
	must(response, err, 200)
	holds(after.Totals.GetFilled() > before.Totals.GetFilled(), []any{before, after})
	unchanged, response, err := report.AsOf("2020-03-31").
		KnownAt(strconv.FormatInt(after.KnownAt, 10)).Execute()
	must(response, err, 200)
	holds(unchanged.Totals.GetFilled() == after.Totals.GetFilled(), unchanged)
}
