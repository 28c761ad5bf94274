//! What supervision refuses.

use crate::problems;

problems! {
    /// A supervisor with this HPR number is registered already. Use the one that is named; correct
    /// it if its number is wrong.
    SUPERVISOR_EXISTS = 409, "supervisor_exists",
    en: "The supervisor is registered already", "This HPR number belongs to supervisor {supervisor}.",
    nb: "Veilederen er allerede registrert", "HPR-nummeret tilhører veileder {supervisor}.",
    members: id("supervisor", "The supervisor who has this HPR number.");

    /// There is no specialist approval to end on that day. Read the supervisor as of that day;
    /// correct the supervisor if what is recorded is wrong.
    NOT_A_SPECIALIST = 409, "not_a_specialist",
    en: "The supervisor is not a specialist", "There is no specialist approval on {day}.",
    nb: "Veilederen er ikke spesialist", "Det er ingen spesialistgodkjenning den {day}.",
    members: day("day", "The day that was asked about.");

    /// The application does not tell everything that it must: the whole period, the challenges, the
    /// measures tried, how many specialists are attached, how many trainees there are and how many
    /// would be supervised by a non-specialist, and the competence. `errors` names what is missing;
    /// tell it under `/details` and submit again.
    EXEMPTION_INCOMPLETE = 409, "exemption_incomplete",
    en: "The application is incomplete", "Still missing: {missing}.",
    nb: "Søknaden er ufullstendig", "Mangler fortsatt: {missing}.",
    members: texts("missing", "The fields that are still missing: `municipality`.");

    /// The exemption's procedure does not allow this now: a draft is submitted, a submitted one
    /// decided, a rejected one appealed, a granted one revoked, and only a draft rewritten. What
    /// was told wrong is corrected from the last step back, where a later one would not follow any
    /// more.
    EXEMPTION_STATUS = 409, "exemption_status",
    en: "The exemption's status does not allow this", "The exemption is {current_status}.",
    nb: "Fritakets status tillater ikke dette", "Fritaket er {current_status}.",
    members: text("current_status", "What the exemption is: `draft`.");

    /// A step cannot come before the one it follows.
    EXEMPTION_DAY_ORDER = 409, "exemption_day_order",
    en: "The days are out of order", "{day} comes before {earliest}, the day of the step before.",
    nb: "Dagene er i feil rekkefølge", "{day} kommer før {earliest}, dagen for forrige steg.",
    members:
        day("day", "The day that was asked for."),
        day("earliest", "The day of the step before.");

    /// An exemption does not hold before it was applied for, unless the decision says so: tell
    /// `retroactive` and the reason.
    EXEMPTION_RETROACTIVE = 409, "exemption_retroactive",
    en: "The exemption would reach back before the application", "It was submitted on {submitted_on}.",
    nb: "Fritaket ville gjelde fra før søknaden", "Søknaden ble sendt {submitted_on}.",
    members: day("submitted_on", "When the application was submitted.");

    /// The assignment is of no status that allows this: only a proposed one is accepted,
    /// declined or withdrawn, only an accepted one rests or ends, only a resting one goes on. Use a
    /// correction if what was told is wrong.
    ASSIGNMENT_STATUS = 409, "assignment_status",
    en: "The assignment's status does not allow this", "The assignment is {current_status}.",
    nb: "Veilederforholdets status tillater ikke dette", "Veilederforholdet er {current_status}.",
    members: text("current_status", "What the assignment is: `proposed`.");

    /// Nobody supervises themself: the HPR number is the same.
    SUPERVISOR_IS_TRAINEE = 409, "supervisor_is_trainee",
    en: "Supervisor and trainee are the same person", "Choose another supervisor.",
    nb: "Veileder og lege i spesialisering er samme person", "Velg en annen veileder.";

    /// The supervisor is not an approved specialist on the first day, and no granted exemption
    /// covers the supervisor in a municipality where the trainee then holds a position.
    SUPERVISOR_NOT_QUALIFIED = 409, "supervisor_not_qualified",
    en: "The supervisor may not supervise", "On {day} there is neither a specialist approval nor an exemption that covers it.",
    nb: "Veilederen kan ikke veilede", "Den {day} finnes verken spesialistgodkjenning eller fritak som dekker det.",
    members: day("day", "The day on which neither covers it.");

    /// The trainee has a supervisor on some of those days. One supervises at a time, beside one
    /// temporary host: end, pause or correct the assignment that is named, or choose other days.
    TRAINEE_HAS_SUPERVISOR = 409, "trainee_has_supervisor",
    en: "The trainee has a supervisor", "Assignment {assignment} holds in {period}.",
    nb: "Legen har allerede en veileder", "Veilederforhold {assignment} gjelder i {period}.",
    members: id("assignment", "The assignment that holds."), period("period", "The days of both.");

    /// The day does not belong to the assignment.
    OUTSIDE_ASSIGNMENT = 409, "outside_assignment",
    en: "Outside the assignment", "{day} is not a day of {period}.",
    nb: "Utenfor veilederforholdet", "{day} er ikke en dag i {period}.",
    members:
        day("day", "The day that was asked about."),
        period("period", "The days of the assignment.");
}
