//! The identifiers and texts of the field: how they are written, and which spellings count as the
//! same. Whether a number is in use is not decided here.

use crate::edge::{Fault, FromText};
use crate::text_type;

text_type! {
    /// Number of a health worker in the Norwegian register of health personnel (HPR): digits, at
    /// most nine, leading zeros dropped. It has no check digit.
    pub struct HprNumber;
    pattern = "^0*[1-9][0-9]{0,8}$", min = 1, max = 20, example = "999000001";
}

impl FromText for HprNumber {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let digits = text.trim_start_matches('0');
        let valid = (1..=9).contains(&digits.len())
            && text.len() <= 20
            && digits.bytes().all(|b| b.is_ascii_digit());
        valid.then(|| Self(digits.to_owned())).ok_or(Fault::new(
            "invalid_hpr_number",
            "Must be an HPR number: digits only, at most nine after leading zeros.",
            "Må være et HPR-nummer: bare sifre, høyst ni etter ledende nuller.",
        ))
    }
}

text_type! {
    /// Norwegian organisation number: nine digits, the last a mod-11 check digit.
    pub struct OrganisationNumber;
    pattern = "^[0-9]{9}$", min = 9, max = 9, example = "983544622";
}

impl FromText for OrganisationNumber {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_organisation_number",
            "Must be an organisation number: nine digits with a valid check digit.",
            "Må være et organisasjonsnummer: ni sifre med gyldig kontrollsiffer.",
        );
        // Weights and remainder as the Brønnøysund register centre describes them.
        const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        if digits.len() != 9 || text.len() != 9 {
            return Err(fault);
        }
        let sum: u32 = WEIGHTS.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum();
        let check = match sum % 11 {
            0 => 0,
            // A stem with remainder 1 would need the digit "10": no number has it.
            1 => return Err(fault),
            rest => 11 - rest,
        };
        if digits[8] == check { Ok(Self(text.to_owned())) } else { Err(fault) }
    }
}

text_type! {
    /// Municipality number in SSB's classification 131: four digits, a leading zero kept. Numbers
    /// change with reforms, so a number means something only on a day.
    pub struct MunicipalityNumber;
    pattern = "^([0-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])$", min = 4, max = 4,
        example = "1804";
}

impl MunicipalityNumber {
    /// SSB's pseudo-number for "not stated".
    pub const NOT_STATED: &'static str = "9999";
}

impl FromText for MunicipalityNumber {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let valid =
            text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) && text != Self::NOT_STATED;
        valid.then(|| Self(text.to_owned())).ok_or(Fault::new(
            "invalid_municipality_number",
            "Must be a municipality number: four digits, not 9999 (not stated).",
            "Må være et kommunenummer: fire sifre, ikke 9999 (uoppgitt).",
        ))
    }
}

text_type! {
    /// Code of a learning goal, `ALM-055`. Other spellings of the same code (`alm 55`, `ALM055`)
    /// are accepted and written in this one.
    pub struct GoalCode;
    pattern = concat!(
        "^([A-Za-zÆØÅæøå0-9]{2,5}[- ][0-9]{1,3}",
        "|[A-Za-zÆØÅæøå0-9]{1,4}[A-Za-zÆØÅæøå][0-9]{1,3})$",
    ),
        min = 3, max = 9, example = "ALM-055";
}

impl FromText for GoalCode {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_goal_code",
            "Must be a goal code such as ALM-055: a plan, a hyphen and up to three digits.",
            "Må være en læringsmålkode som ALM-055: plan, bindestrek og inntil tre sifre.",
        );
        // Looked at as they came: some letters become others when they are made capitals.
        let known = |c: char| c.is_ascii_alphanumeric() || "ÆØÅæøå- ".contains(c);
        if text.len() > 20 || !text.chars().all(known) {
            return Err(fault);
        }
        let upper = text.to_uppercase();
        let (plan, number) = match upper.split_once(['-', ' ']) {
            Some(parts) => parts,
            // Without a separator the digits at the end are the number: ALM055.
            None => upper.split_at(upper.trim_end_matches(|c: char| c.is_ascii_digit()).len()),
        };
        let plan_fits = (2..=5).contains(&plan.chars().count());
        let number_fits =
            (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if plan_fits && number_fits { Ok(Self(format!("{plan}-{number:0>3}"))) } else { Err(fault) }
    }
}

text_type! {
    /// A name or short label: 1 to 200 characters on one line.
    pub struct Name;
    pattern = concat!(
        r"^[^\u0000-\u001F\u007F-\u009F]*",
        r"[^\s\u0000-\u001F\u007F-\u009F]",
        r"[^\u0000-\u001F\u007F-\u009F]*$",
    ),
        min = 1, max = 200, example = "Kari Eksempel";
}

impl FromText for Name {
    fn from_text(text: &str) -> Result<Self, Fault> {
        one_line(text, 200).map(Self).ok_or(Fault::new(
            "invalid_name",
            "Must be 1 to 200 characters on one line.",
            "Må være 1 til 200 tegn på én linje.",
        ))
    }
}

impl Name {
    /// What names are sorted by, letter for letter: as Norwegians do it, whatever language the
    /// database speaks. Capitals and accents do not count, and æ, ø and å come after z.
    pub fn in_order(&self) -> String {
        self.0.chars().flat_map(char::to_lowercase).map(place_of).collect()
    }
}

/// A letter as it is sorted. What stands for the last three comes after z in every alphabet of
/// bytes.
fn place_of(letter: char) -> char {
    match letter {
        'æ' | 'ä' => '{',
        'ø' | 'ö' => '|',
        'å' => '}',
        'á' | 'à' | 'â' | 'ã' => 'a',
        'č' | 'ç' => 'c',
        'đ' | 'ð' => 'd',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'ï' => 'i',
        'ŋ' | 'ñ' | 'ń' => 'n',
        'ó' | 'ò' | 'ô' | 'õ' => 'o',
        'š' => 's',
        'ŧ' => 't',
        'ú' | 'ù' => 'u',
        'ü' | 'ý' => 'y',
        'ž' => 'z',
        other => other,
    }
}

text_type! {
    /// A reason or comment in plain words: 1 to 2000 characters. Never write about a patient or a
    /// doctor's health here: the log keeps it for ever.
    pub struct Comment;
    pattern = concat!(
        r"^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*",
        r"[^\s\u0000-\u001F\u007F-\u009F]",
        r"[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*$",
    ),
        min = 1, max = 2000, example = "Agreed with the municipality";
}

impl FromText for Comment {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let trimmed = text.trim();
        let valid = !trimmed.is_empty()
            && text.chars().count() <= 2000
            && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        valid.then(|| Self(trimmed.to_owned())).ok_or(Fault::new(
            "invalid_comment",
            "Must be 1 to 2000 characters of plain text.",
            "Må være 1 til 2000 tegn ren tekst.",
        ))
    }
}

text_type! {
    /// Short name of a system, version or key that other programs use: letters, digits and `._:-`.
    pub struct Token;
    pattern = "^[A-Za-z0-9._:-]{1,100}$", min = 1, max = 100, example = "dossier";
}

impl FromText for Token {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
        let valid = (1..=100).contains(&text.len()) && text.bytes().all(fits);
        valid.then(|| Self(text.to_owned())).ok_or(Fault::new(
            "invalid_token",
            "Must be 1 to 100 letters, digits or any of ._:-",
            "Må være 1 til 100 bokstaver, sifre eller tegnene ._:-",
        ))
    }
}

fn one_line(text: &str, chars_max: usize) -> Option<String> {
    let trimmed = text.trim();
    let valid = !trimmed.is_empty()
        && text.chars().count() <= chars_max
        && !text.chars().any(char::is_control);
    valid.then(|| trimmed.to_owned())
}

/// The name of a thing in another system: unique within that system.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    deserr::Deserr,
    utoipa::ToSchema,
)]
#[deserr(deny_unknown_fields, error = crate::edge::Faults)]
pub struct ExternalId {
    /// The other system.
    pub system: Token,
    /// The thing's id there.
    pub id: Token,
}

text_type! {
    /// A thing as another system names it, in one text: `system/id`.
    pub struct ExternalName;
    pattern = "^[A-Za-z0-9._:-]{1,100}/[A-Za-z0-9._:-]{1,100}$", min = 3, max = 201,
        example = "dossier/4711";
}

impl FromText for ExternalName {
    fn from_text(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new(
            "invalid_external_id",
            "Must be the system and the id with a slash between: dossier/4711.",
            "Må være systemet og id-en med skråstrek mellom: dossier/4711.",
        );
        match text.split_once('/') {
            Some((system, id)) if Token::from_text(system).and(Token::from_text(id)).is_ok() => {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed<T: FromText + std::fmt::Display>(text: &str) -> Option<String> {
        T::from_text(text).ok().map(|value| value.to_string())
    }

    #[test]
    fn an_hpr_number_is_the_same_with_and_without_leading_zeros() {
        assert_eq!(parsed::<HprNumber>("000000012"), parsed::<HprNumber>("12"));
        assert_eq!(parsed::<HprNumber>("999000001").as_deref(), Some("999000001"));
        for wrong in ["1234567890", "91a4889", "", "0", "٣٣", "-1", " 12"] {
            assert_eq!(parsed::<HprNumber>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_organisation_number_needs_its_check_digit() {
        for right in ["994598759", "123456785", "983544622", "999000010", "999000150"] {
            assert_eq!(parsed::<OrganisationNumber>(right).as_deref(), Some(right));
        }
        for wrong in ["994598758", "99459875", "9945987590", "99459875x", "٩٩٤٥٩٨٧٥٩"] {
            assert_eq!(parsed::<OrganisationNumber>(wrong), None, "{wrong}");
        }
        for last in 0..=9 {
            assert_eq!(parsed::<OrganisationNumber>(&format!("99900007{last}")), None);
        }
    }

    #[test]
    fn a_municipality_number_keeps_its_zero_and_is_never_not_stated() {
        assert_eq!(parsed::<MunicipalityNumber>("0301").as_deref(), Some("0301"));
        for wrong in ["301", "9999", "03011", "03a1", ""] {
            assert_eq!(parsed::<MunicipalityNumber>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_goal_code_is_written_in_one_way() {
        for same in ["ALM-055", "ALM 055", "ALM055", "alm-55", "Alm 55"] {
            assert_eq!(parsed::<GoalCode>(same).as_deref(), Some("ALM-055"), "{same}");
        }
        assert_eq!(parsed::<GoalCode>("DEL1-001").as_deref(), Some("DEL1-001"));
        assert_eq!(parsed::<GoalCode>("LM-75").as_deref(), Some("LM-075"));
        for wrong in ["A-1", "ALM-", "ALM-1234", "ALMXYZ-1", "-055", "055", "ALM--55", "ALM-5 5"] {
            assert_eq!(parsed::<GoalCode>(wrong), None, "{wrong}");
        }
        // Their capitals are two letters or another one.
        for wrong in ["ß-1", "Øß 0", "ﬁ-1", "ALıM-1"] {
            assert_eq!(parsed::<GoalCode>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_sorted_as_in_norwegian() {
        let sorted = ["Asker", "ÅSNES", "Ærø", "Østre Toten", "Áltá", "alta", "Zuna", "Ås"];
        let mut names: Vec<Name> =
            sorted.iter().map(|text| Name::from_text(text).expect("a name")).collect();
        names.sort_by_key(Name::in_order);
        let texts: Vec<&str> = names.iter().map(Name::as_str).collect();
        let expected = ["Áltá", "alta", "Asker", "Zuna", "Ærø", "Østre Toten", "Ås", "ÅSNES"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn names_and_comments_are_trimmed_and_bounded() {
        assert_eq!(parsed::<Name>("  Kari Eksempel ").as_deref(), Some("Kari Eksempel"));
        assert_eq!(parsed::<Name>("a\u{0}b"), None);
        assert_eq!(parsed::<Name>("   "), None);
        assert_eq!(parsed::<Name>(&"x".repeat(201)), None);
        assert_eq!(parsed::<Comment>("first\nsecond").as_deref(), Some("first\nsecond"));
        assert_eq!(parsed::<Comment>(&"x".repeat(2001)), None);
    }
}
