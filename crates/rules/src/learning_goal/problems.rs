//! What plans and learning goals refuse.

use crate::problems;

problems! {
    /// No plan that is assigned to the doctor on that day has this goal: there is none, it was
    /// assigned later, or it is archived. Assign the plan, or look at the goals it has.
    GOAL_NOT_IN_PLAN = 409, "goal_not_in_plan",
    en: "The goal is in no assigned plan", "On {day} no plan of the doctor has {goal}.",
    nb: "Målet er ikke i noen tildelt plan", "Den {day} har ingen av legens planer {goal}.",
    members:
        day("day", "The day that was asked about."),
        text("goal", "The code of the goal: `ALM-055`.");

    /// The goal is of no status that allows this: only a goal that waits for a decision can
    /// be recommended, decided or recalled, and only an approved one revoked. Read the goal: it
    /// says whose turn it is.
    GOAL_STATUS = 409, "goal_status",
    en: "The goal's status does not allow this", "The goal is {current_status}.",
    nb: "Målets status tillater ikke dette", "Målet er {current_status}.",
    members: text("current_status", "What the goal is: `submitted`.");

    /// Something is recorded for a later day already. What follows cannot come before it: give that
    /// day or a later one.
    LATER_STEP_RECORDED = 409, "later_step_recorded",
    en: "Something later is recorded", "The last step is of {day}.",
    nb: "Noe senere er registrert", "Det siste steget er fra {day}.",
    members: day("day", "The day of the last step.");

    /// Whoever is named does not lead, on that day, in a municipality where the doctor holds a
    /// position, or held the last one. Register the leader's term if it is that which is missing.
    NOT_THE_LEADER = 409, "not_the_leader",
    en: "Not the doctor's leader on that day", "On {day} leader {leader} does not answer for this doctor.",
    nb: "Ikke legens leder den dagen", "Den {day} har leder {leader} ikke ansvar for denne legen.",
    members: day("day", "The day that was asked about."), id("leader", "The leader who was named.");

    /// Whoever is named does not supervise the doctor on that day: no accepted assignment holds
    /// then, or it has lapsed, because the supervisor is no specialist and no exemption covers the
    /// day. A clinical supervisor needs none and says so in `role`.
    NOT_THE_SUPERVISOR = 409, "not_the_supervisor",
    en: "Not the doctor's supervisor on that day", "On {day} supervisor {supervisor} has no active assignment with this doctor.",
    nb: "Ikke legens veileder den dagen", "Den {day} har veileder {supervisor} ingen aktiv tildeling med denne legen.",
    members:
        day("day", "The day that was asked about."),
        id("supervisor", "The supervisor who was named.");

    /// Nobody decides on their own training or recommends in it. Somebody else must. The HPR number
    /// tells who is who, so of a leader who is registered without one this cannot be seen.
    OWN_TRAINING = 409, "own_training",
    en: "Nobody acts on their own training", "{person} and the doctor are the same person.",
    nb: "Ingen opptrer i egen utdanning", "{person} og legen er samme person.",
    members: id("person", "The leader or supervisor who is the trainee.");

    /// One person has given the recommendation of the other role for this submission. Let somebody
    /// else speak, or say in `dual_role_reason` why one person speaks in both roles.
    DUAL_ROLE = 409, "dual_role",
    en: "One person in both roles", "{person} has spoken as {role} already.",
    nb: "Samme person i begge roller", "{person} har allerede uttalt seg som {role}.",
    members: id("person", "Who has spoken already."), text("role", "As what: `supervisor`.");

    /// A goal is approved only after the doctor's supervisor and at least one clinical supervisor
    /// have given a recommendation on this submission, on that day or before.
    RECOMMENDATIONS_MISSING = 409, "recommendations_missing",
    en: "Recommendations are missing", "Missing: {missing}.",
    nb: "Anbefalinger mangler", "Mangler: {missing}.",
    members: texts("missing", "The roles that have not recommended: `clinical_supervisor`.");

    /// Somebody's latest recommendation on this submission is negative, whatever others of the same
    /// role have said since. Approving against it takes a `reason`.
    AGAINST_RECOMMENDATION = 409, "against_recommendation",
    en: "A recommendation is negative", "Negative: {roles}. Give a reason to approve all the same.",
    nb: "En anbefaling er negativ", "Negativ: {roles}. Oppgi en begrunnelse for å godkjenne likevel.",
    members: texts("roles", "The roles whose recommendation is negative: `supervisor`.");

    /// Only a leader of the municipality that approved the goal may revoke the approval, however
    /// the doctor has moved since, and the directorate. A new employer who disagrees cannot.
    NOT_THE_DECIDING_MUNICIPALITY = 409, "not_the_deciding_municipality",
    en: "Not a leader of the deciding municipality", "The goal was approved by {municipality}; on {day} leader {leader} does not lead there.",
    nb: "Ikke leder i kommunen som avgjorde", "Målet ble godkjent av {municipality}; den {day} er {leader} ikke leder der.",
    members:
        text("municipality", "The number of the municipality that approved the goal: `5401`."),
        day("day", "The day that was asked about."),
        id("leader", "The leader who was named.");

    /// The doctor has this plan already. Archive it, or withdraw it if nothing is submitted, before
    /// another version is assigned.
    PLAN_ALREADY_ASSIGNED = 409, "plan_already_assigned",
    en: "The plan is assigned already", "The doctor has plan {plan} of {curriculum} since {day}.",
    nb: "Planen er allerede tildelt", "Legen har plan {plan} fra {curriculum} siden {day}.",
    members:
        text("plan", "The plan: `alm`."),
        text("curriculum", "The version of the curriculum that it is of: `2026.1`."),
        day("day", "Since when the trainee has it.");

    /// Something is submitted in the plan, so it cannot be withdrawn. Archive it.
    PLAN_STARTED = 409, "plan_started",
    en: "The plan is started", "The first goal was submitted on {day}.",
    nb: "Planen er påbegynt", "Det første målet ble sendt inn {day}.",
    members: day("day", "When the first goal was submitted.");

    /// Nothing is submitted in the plan, so there is nothing to archive. Withdraw it.
    PLAN_NOT_STARTED = 409, "plan_not_started",
    en: "The plan is not started", "No goal of plan {plan} is submitted.",
    nb: "Planen er ikke påbegynt", "Ingen mål i plan {plan} er sendt inn.",
    members: text("plan", "The plan: `alm`.");

    /// The plan is archived or withdrawn already. Assign it again if it is to be worked on.
    PLAN_ENDED = 409, "plan_ended",
    en: "The plan has ended", "Plan {plan} was archived or withdrawn on {day}.",
    nb: "Planen er avsluttet", "Plan {plan} ble arkivert eller trukket tilbake {day}.",
    members:
        text("plan", "The plan: `alm`."),
        day("day", "When it was archived or withdrawn.").optional();
}
