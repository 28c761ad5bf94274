import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.ApiResponse;
import org.openapitools.client.api.FeedApi;
import org.openapitools.client.api.LeadersApi;
import org.openapitools.client.api.LearningGoalsApi;
import org.openapitools.client.api.PositionsApi;
import org.openapitools.client.api.ReportsApi;
import org.openapitools.client.api.SupervisorAssignmentsApi;
import org.openapitools.client.api.SupervisorsApi;
import org.openapitools.client.api.TraineesApi;
import org.openapitools.client.model.*;

/**
 * Uses the service through the client that openapi-generator generates for Java, and nothing else.
 *
 * <p>A trainee takes a position, is supervised and attains a goal; then lists, the feed, a report
 * on two days, and two refusals whose facts are members. scripts/clients.sh generates the client
 * and runs this.
 */
public class Program {
    static final String MUNICIPALITY = "1804";
    static final String GOAL = "ALM-001";
    static final ApiClient CLIENT = new ApiClient();
    static final int FIRST_HPR = Integer.parseInt(System.getenv("ALIS_FIRST_HPR"));

    public static void main(String[] arguments) throws Exception {
        CLIENT.updateBaseUri(System.getenv("ALIS_URL"));
        String bearer = "Bearer " + System.getenv("ALIS_TOKEN");
        CLIENT.setRequestInterceptor(request -> request.header("Authorization", bearer));

        String start = positionOfLog();
        TraineesApi trainees = new TraineesApi(CLIENT);
        RegisterTrainee registration =
            new RegisterTrainee().hprNumber(hpr(0)).name("Kari Eksempel").scheme(Scheme.NEW);
        UUID trainee = of(trainees.registerTraineeWithHttpInfo(
            TraineesApi.APIRegisterTraineeRequest.newBuilder().registerTrainee(registration)
                .idempotencyKey(UUID.randomUUID().toString()).build()), 201).getId();
        registration.name("Liv Eksempel");
        ConflictProblem again = refusal(409, ConflictProblem.class, () ->
            trainees.registerTraineeWithHttpInfo(TraineesApi.APIRegisterTraineeRequest.newBuilder()
                .registerTrainee(registration).build()));
        holds(again.getCode().equals("trainee_exists") && again.getTrainee().equals(trainee), again);

        UUID position = holdPosition(trainee);
        superviseAndAttain(trainee);
        pageThrough(position);
        followFeed(start, trainee);
        compareDays();
        TraineeView shown = of(trainees.readTraineeWithHttpInfo(
            TraineesApi.APIReadTraineeRequest.newBuilder().id(trainee).build()), 200);
        holds(shown.getName().equals("Kari Eksempel") && shown.getHprNumber().equals(hpr(0)), shown);
        holds(shown.getPositions().size() == 1, shown);
        holds(shown.getPositions().get(0).getPosition().equals(position), shown);
        System.out.println("java: ok");
    }

    static String hpr(int number) {
        return String.valueOf(FIRST_HPR + number);
    }

    static void holds(boolean is, Object what) {
        if (!is) {
            throw new IllegalStateException(String.valueOf(what));
        }
    }

    /** What was answered, which must be of this status. */
    static <T> T of(ApiResponse<T> answer, int status) {
        holds(answer.getStatusCode() == status, answer.getStatusCode());
        return answer.getData();
    }

    interface Call {
        Object send() throws ApiException;
    }

    /** The problem that a call is answered with. */
    static <P> P refusal(int status, Class<P> kind, Call call) throws Exception {
        try {
            throw new IllegalStateException(String.valueOf(call.send()));
        } catch (ApiException refused) {
            holds(refused.getCode() == status, refused.getCode() + refused.getResponseBody());
            return CLIENT.getObjectMapper().readValue(refused.getResponseBody(), kind);
        }
    }

    static String header(ApiResponse<?> answer, String name) {
        HttpHeaders headers = HttpHeaders.of(answer.getHeaders(), (header, value) -> true);
        return headers.firstValue(name).orElse("");
    }

    static String positionOfLog() throws Exception {
        for (String after = "0"; ; ) {
            ApiResponse<List<CloudEvent>> answer = new FeedApi(CLIENT).readEventsWithHttpInfo(
                FeedApi.APIReadEventsRequest.newBuilder().after(after).limit(1000L).build());
            after = header(answer, "Log-Position");
            if (!header(answer, "Link").contains("rel=\"next\"")) {
                return after;
            }
        }
    }

    static UUID holdPosition(UUID trainee) throws Exception {
        PositionsApi positions = new PositionsApi(CLIENT);
        EstablishPosition wanted = new EstablishPosition().municipality(MUNICIPALITY)
            .category(Category.REGULAR_GP).percent(100.0)
            .intendedOperatingModel(OperatingModel.SALARIED).from(LocalDate.of(2020, 1, 1));
        rehearse(wanted);
        ApiResponse<PositionView> made = positions.establishPositionWithHttpInfo(
            PositionsApi.APIEstablishPositionRequest.newBuilder().establishPosition(wanted).build());
        UUID position = of(made, 201).getId();
        String etag = header(made, "ETag");
        FillPosition filling = new FillPosition().trainee(trainee).percent(100.0)
            .operatingModel(OperatingModel.SALARIED).from(LocalDate.of(2020, 2, 1));
        SingleOccupancyView filled = of(positions.fillPositionWithHttpInfo(
            PositionsApi.APIFillPositionRequest.newBuilder().id(position).fillPosition(filling)
                .ifMatch(etag).build()), 201);
        holds(filled.getTrainee().equals(trainee) && filled.getTo() == null, filled);
        // What has changed since the version that is named is told.
        CorrectPosition correction = new CorrectPosition().percent(80.0).reason("Forsøk");
        StaleVersionProblem stale = refusal(412, StaleVersionProblem.class, () ->
            positions.correctPositionWithHttpInfo(PositionsApi.APICorrectPositionRequest.newBuilder()
                .id(position).correctPosition(correction).ifMatch(etag).build()));
        holds(stale.getCurrentEtag().equals('"' + stale.getCurrent() + '"'), stale);
        String unseen = stale.getUnseenEvents().get(0).getType();
        holds(unseen.equals("no.alis.position.filled.v1"), stale);
        return position;
    }

    /** A dry run has a media type and a class of its own; the method of the client expects the resource. */
    static void rehearse(EstablishPosition wanted) throws Exception {
        String body = CLIENT.getObjectMapper().writeValueAsString(wanted);
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(CLIENT.getBaseUri() + "/v1/positions?dry_run=true"))
            .header("Authorization", "Bearer " + System.getenv("ALIS_TOKEN"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> answer =
            CLIENT.getHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        String media = answer.headers().firstValue("Content-Type").orElse("");
        holds(media.equals("application/vnd.alis.dry-run+json"), media);
        PositionDryRun told =
            CLIENT.getObjectMapper().readValue(answer.body(), PositionDryRun.class);
        holds(told.getDryRun() && told.getStatus() == 201 && told.getEvents().size() == 1, told);
        holds(told.getResource().getMunicipality().equals(MUNICIPALITY), told);
    }

    static void superviseAndAttain(UUID trainee) throws Exception {
        RegisterLeader leading = new RegisterLeader().name("Grete Eksempel").hprNumber(hpr(1))
            .municipality(MUNICIPALITY).from(LocalDate.of(2020, 1, 1));
        UUID leader = of(new LeadersApi(CLIENT).registerLeaderWithHttpInfo(
            LeadersApi.APIRegisterLeaderRequest.newBuilder().registerLeader(leading).build()),
            201).getId();
        List<Role> roles = List.of(Role.SUPERVISOR, Role.CLINICAL_SUPERVISOR);
        List<UUID> supervisors = new ArrayList<>();
        for (int number = 0; number < roles.size(); number++) {
            RegisterSupervisor registration = new RegisterSupervisor().name("Ola Eksempel")
                .hprNumber(hpr(2 + number)).specialistSince(LocalDate.of(2010, 1, 1));
            supervisors.add(of(new SupervisorsApi(CLIENT).registerSupervisorWithHttpInfo(
                SupervisorsApi.APIRegisterSupervisorRequest.newBuilder()
                    .registerSupervisor(registration).build()), 201).getId());
        }
        SupervisorAssignmentsApi assignments = new SupervisorAssignmentsApi(CLIENT);
        ProposeAssignment proposal = new ProposeAssignment().trainee(trainee)
            .supervisor(supervisors.get(0)).mode(SupervisionMode.ON_SITE)
            .from(LocalDate.of(2020, 2, 1));
        UUID assignment = of(assignments.proposeSupervisorAssignmentWithHttpInfo(
            SupervisorAssignmentsApi.APIProposeSupervisorAssignmentRequest.newBuilder()
                .proposeAssignment(proposal).build()), 201).getId();
        AssignmentView accepted = of(assignments.acceptSupervisorAssignmentWithHttpInfo(
            SupervisorAssignmentsApi.APIAcceptSupervisorAssignmentRequest.newBuilder().id(assignment)
                .assignmentAnswer(new AssignmentAnswer().on(LocalDate.of(2020, 1, 20))).build()),
            200);
        WarningView warning = accepted.getWarnings().get(0);
        holds(warning.getCode() == WarningCode.NO_SUPERVISOR_COURSE, accepted);
        holds(!warning.getDetail().isEmpty(), accepted);
        attain(trainee, leader, roles, supervisors);
    }

    static void attain(UUID trainee, UUID leader, List<Role> roles, List<UUID> supervisors)
            throws Exception {
        LearningGoalsApi goals = new LearningGoalsApi(CLIENT);
        AssignPlan plan = new AssignPlan().curriculum("demo-1").plan(Plan.ALM).by(leader)
            .on(LocalDate.of(2020, 2, 3));
        of(goals.assignPlanWithHttpInfo(LearningGoalsApi.APIAssignPlanRequest.newBuilder()
            .id(trainee).assignPlan(plan).build()), 201);
        of(goals.submitGoalWithHttpInfo(LearningGoalsApi.APISubmitGoalRequest.newBuilder()
            .id(trainee).code(GOAL)
            .submitGoal(new SubmitGoal().on(LocalDate.of(2020, 5, 4))).build()), 200);
        DecideGoal decision = new DecideGoal().by(leader).outcome(GoalOutcome.APPROVED)
            .on(LocalDate.of(2020, 5, 6));
        LearningGoalsApi.APIDecideGoalRequest decide = LearningGoalsApi.APIDecideGoalRequest
            .newBuilder().id(trainee).code(GOAL).decideGoal(decision).build();
        ConflictProblem refused =
            refusal(409, ConflictProblem.class, () -> goals.decideGoalWithHttpInfo(decide));
        holds(refused.getCode().equals("recommendations_missing"), refused);
        holds(refused.getMissing().equals(List.of("supervisor", "clinical_supervisor")), refused);
        for (int number = 0; number < roles.size(); number++) {
            RecommendGoal recommendation = new RecommendGoal().by(supervisors.get(number))
                .role(roles.get(number)).verdict(Verdict.POSITIVE).on(LocalDate.of(2020, 5, 5));
            of(goals.recommendGoalWithHttpInfo(LearningGoalsApi.APIRecommendGoalRequest.newBuilder()
                .id(trainee).code(GOAL).recommendGoal(recommendation).build()), 200);
        }
        GoalView approved = of(goals.decideGoalWithHttpInfo(decide), 200);
        holds(approved.getSituation() == GoalSituation.APPROVED, approved);
    }

    static void pageThrough(UUID position) throws Exception {
        String reached = positionOfLog();
        List<UUID> found = new ArrayList<>();
        String cursor = null;
        do {
            PagePositionView page = of(new PositionsApi(CLIENT).listPositionsWithHttpInfo(
                PositionsApi.APIListPositionsRequest.newBuilder().municipality(MUNICIPALITY)
                    .limit(2L).cursor(cursor).minLogPosition(reached).build()), 200);
            holds(page.getItems().size() <= 2, page);
            page.getItems().forEach(item -> found.add(item.getId()));
            cursor = page.getNextCursor();
        } while (cursor != null);
        holds(found.contains(position) && found.size() > 1, found);
        holds(new HashSet<>(found).size() == found.size(), found);
    }

    static void followFeed(String start, UUID trainee) throws Exception {
        List<CloudEvent> events = of(new FeedApi(CLIENT).readEventsWithHttpInfo(
            FeedApi.APIReadEventsRequest.newBuilder().after(start).subject("trainee:" + trainee)
                .build()), 200);
        List<String> types = new ArrayList<>();
        long last = Long.parseLong(start);
        for (CloudEvent event : events) {
            types.add(event.getType().replace("no.alis.", ""));
            holds(Long.parseLong(event.getPosition()) > last, event);
            last = Long.parseLong(event.getPosition());
        }
        holds(types.equals(List.of("trainee.registered.v1", "position.filled.v1")), types);
        PositionFilledV1Data filled = CLIENT.getObjectMapper()
            .convertValue(events.get(1).getData(), PositionFilledV1Data.class);
        holds(filled.getTrainee().equals(trainee), events.get(1));
        List<CloudEvent> ofGoal = of(new FeedApi(CLIENT).readEventsWithHttpInfo(
            FeedApi.APIReadEventsRequest.newBuilder().after(String.valueOf(last))
                .subject("goal:" + trainee + "/" + GOAL)
                .types("no.alis.learning_goal.submitted.v1,no.alis.learning_goal.approved.v1")
                .build()), 200);
        holds(ofGoal.size() == 2, ofGoal);
        holds(ofGoal.get(1).getType().equals("no.alis.learning_goal.approved.v1"), ofGoal);
    }

    static void compareDays() throws Exception {
        String reached = positionOfLog();
        ReportBodyStaffingTotalsStaffingRow before = staffing("2019-06-01", reached, null);
        ReportBodyStaffingTotalsStaffingRow after = staffing("2020-03-31", reached, null);
        holds(after.getTotals().getFilled() > before.getTotals().getFilled(), after);
        String known = after.getKnownAt().toString();
        holds(staffing("2020-03-31", reached, known).getTotals().equals(after.getTotals()), after);
    }

    static ReportBodyStaffingTotalsStaffingRow staffing(String asOf, String reached, String known)
            throws Exception {
        return of(new ReportsApi(CLIENT).reportStaffingWithHttpInfo(
            ReportsApi.APIReportStaffingRequest.newBuilder().municipality(MUNICIPALITY)
                .asOf(LocalDate.parse(asOf)).knownAt(known).minLogPosition(reached).format("json")
                .build()), 200);
    }
}
