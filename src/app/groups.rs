//! The groups of operations.

/// The groups of operations, in the order of the documentation page, each with the area of its
/// scopes; none for pages that ask nothing of callers.
pub const TAGS: &[(&str, &str, Option<&str>)] = &[
    (
        "municipalities",
        "Municipalities, what became of them, and where they belong.",
        Some("reference"),
    ),
    (
        "alis-offices",
        "Regional ALIS offices, and the municipalities they answer for.",
        Some("reference"),
    ),
    ("organisations", "Organisations, by their number.", Some("reference")),
    ("access", "What organisations are granted, and for how long.", Some("access")),
    (
        "programmes",
        "Programmes that municipalities take part in with a number of positions.",
        Some("programmes"),
    ),
    ("positions", "Training positions, and who holds them.", Some("positions")),
    ("trainees", "Doctors in specialist training in general practice.", Some("trainees")),
    (
        "supervisors",
        "Who may supervise trainees, or recommend on their goals.",
        Some("supervision"),
    ),
    (
        "supervision exemptions",
        "By which somebody supervises, for a time, who is no specialist.",
        Some("supervision"),
    ),
    ("supervisor assignments", "Who supervises whom.", Some("supervision")),
    ("persons", "What everybody who is registered has a right to.", Some("privacy")),
    ("leaders", "Who decides on learning goals, and where.", Some("leaders")),
    ("curricula", "Catalogues of learning goals, by version.", Some("curricula")),
    ("learning goals", "Plans, goals, recommendations, decisions.", Some("goals")),
    ("reports", "Tables with totals, as JSON or CSV.", Some("reports")),
    ("feed", "Everything that has happened, in order.", Some("events")),
    (
        "proof",
        "Checkpoints and receipts, by which others check that nothing was changed.",
        Some("proof"),
    ),
    ("operations", "For operators.", None),
];
