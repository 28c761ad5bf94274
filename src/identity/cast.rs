//! The ready cast of a private installation: who is who in the sample, and the claims of a token
//! for each. Organisations and persons are invented.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::issuer::Shape;

/// Everybody that `alis token --as` can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Whoever loads the sample: may record everything.
    Loader,
    /// Whoever keeps the register.
    Register,
    /// A municipality's own system (Tromsø in the sample).
    Municipality,
    /// Another municipality's own system (Bodø in the sample).
    OtherMunicipality,
    /// The regional ALIS office.
    Office,
    /// The directorate.
    Directorate,
    /// A dossier system that the municipality has delegated to, calling for that municipality.
    Vendor,
    /// A dossier system that nobody has delegated to, calling for the same municipality.
    VendorWithoutDelegation,
    /// A leader.
    Leader,
    /// A supervisor.
    Supervisor,
    /// A clinical supervisor.
    ClinicalSupervisor,
    /// A doctor in training.
    Trainee,
    /// A job that counts.
    Reporting,
    /// An auditor.
    Auditor,
}

/// Areas of scopes: `alis:<area>.read`, `alis:<area>.write`.
pub const AREAS: [&str; 13] = [
    "access",
    "curricula",
    "events",
    "goals",
    "leaders",
    "positions",
    "privacy",
    "programmes",
    "reference",
    "reports",
    "supervision",
    "trainees",
    "proof",
];

/// The organisation that keeps the register of a private installation.
pub const REGISTER: &str = "999000118";
/// The organisation that loads its sample.
pub const LOADER: &str = "999000126";

/// Everybody: `alis token` and the tests go through them.
impl Scenario {
    /// The shape and the claims of this one's token.
    pub fn claims(self) -> (Shape, Value) {
        let organisation = |number: &str| {
            let id = json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
            (Shape::Maskinporten, json!({ "consumer": id, "scope": all_scopes() }))
        };
        let through = |number: &str, supplier: &str| {
            let (shape, mut claims) = organisation(number);
            claims["supplier"] =
                json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{supplier}") });
            (shape, claims)
        };
        let person = |hpr: &str, employer: &str| {
            let claims = json!({
                "helseid://claims/hpr/hpr_number": hpr,
                "helseid://claims/identity/assurance_level": "high",
                "helseid://claims/identity/security_level": "4",
                "helseid://claims/client/claims/orgnr_parent": employer,
                "scope": all_scopes(),
            });
            (Shape::Helseid, claims)
        };
        let (shape, mut claims) = match self {
            Scenario::Loader => organisation(LOADER),
            Scenario::Register => organisation(REGISTER),
            Scenario::Municipality => organisation(MUNICIPALITY),
            Scenario::OtherMunicipality => organisation(OTHER_MUNICIPALITY),
            Scenario::Office => organisation(OFFICE),
            Scenario::Directorate => organisation(DIRECTORATE),
            Scenario::Vendor => through(MUNICIPALITY, VENDOR),
            Scenario::VendorWithoutDelegation => through(MUNICIPALITY, "999000185"),
            Scenario::Leader => person("999000203", MUNICIPALITY),
            Scenario::Supervisor => person("999000101", MUNICIPALITY),
            Scenario::ClinicalSupervisor => person("999000102", MUNICIPALITY),
            Scenario::Trainee => person("999000001", MUNICIPALITY),
            Scenario::Reporting => organisation(REPORTING),
            Scenario::Auditor => organisation(AUDITOR),
        };
        claims["client_id"] = json!(format!("local-{}", self.word()));
        (shape, claims)
    }

    /// Its name on the command line.
    pub fn word(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// The municipality of most of the cast.
pub const MUNICIPALITY: &str = "999000134";

/// Another municipality.
pub const OTHER_MUNICIPALITY: &str = "999000142";
/// The organisation that runs the ALIS office.
pub const OFFICE: &str = "999000150";
/// The directorate.
pub const DIRECTORATE: &str = "999000169";
/// Whoever counts.
pub const REPORTING: &str = "999000193";
/// The auditor.
pub const AUDITOR: &str = "999000207";
/// A maker of dossier systems.
pub const VENDOR: &str = "999000177";

/// Every scope, as a token writes them.
pub fn all_scopes() -> String {
    let both = |area: &&str| [format!("alis:{area}.read"), format!("alis:{area}.write")];
    AREAS.iter().flat_map(both).collect::<Vec<_>>().join(" ")
}
