//! What each relation gives, and that several give no more than each of them does.

use super::*;
use crate::edge::FromText;

const ROLES: [Role; 11] = [
    Role::Municipality,
    Role::System,
    Role::Office,
    Role::Directorate,
    Role::Register,
    Role::Reporting,
    Role::Auditor,
    Role::Leader,
    Role::Supervisor,
    Role::Trainee,
    Role::Loader,
];
/// Municipalities of which each relation of a caller gives one.
const NUMBERS: [&str; 3] = ["5401", "1804", "0301"];

fn number(text: &str) -> MunicipalityNumber {
    MunicipalityNumber::from_text(text).expect("a number")
}

/// Somebody with some relations, each of which gives one municipality, if any.
fn with(relations: &[(Role, &str)]) -> Permissions {
    let mut permissions = Permissions::default();
    for (role, text) in relations {
        let places = permissions.relations.entry(*role).or_default();
        let gives_places = match role {
            Role::Municipality | Role::System | Role::Office | Role::Leader => true,
            Role::Directorate
            | Role::Register
            | Role::Reporting
            | Role::Auditor
            | Role::Supervisor
            | Role::Trainee
            | Role::Loader => false,
        };
        if gives_places {
            places.insert(number(text), BTreeSet::from([number(text)]));
        }
    }
    permissions
}

/// What is asked of a caller about a municipality: sees, acts, lends, answers for.
fn may(permissions: &Permissions, text: &str) -> [bool; 4] {
    let number = number(text);
    [
        permissions.sees_municipality(&number),
        permissions.require_acts_for(&number).is_ok(),
        permissions.may_grant(Some(&number)).is_ok(),
        permissions.answer_for(&number).is_ok(),
    ]
}

#[test]
fn each_relation_gives_what_it_says_and_where() {
    let expected = |role| match role {
        Role::Municipality => [true, true, true, false],
        Role::System | Role::Leader => [true, true, false, false],
        Role::Office => [true, false, false, true],
        Role::Register => [false, false, true, true],
        Role::Auditor => [true, false, false, false],
        Role::Loader => [true, true, true, true],
        Role::Directorate | Role::Reporting | Role::Supervisor | Role::Trainee => [false; 4],
    };
    for role in ROLES {
        let permissions = with(&[(role, NUMBERS[0])]);
        assert_eq!(may(&permissions, NUMBERS[0]), expected(role), "{role:?}");
        let elsewhere = match role {
            Role::Register | Role::Auditor | Role::Loader => expected(role),
            Role::Municipality
            | Role::System
            | Role::Office
            | Role::Leader
            | Role::Directorate
            | Role::Reporting
            | Role::Supervisor
            | Role::Trainee => [false; 4],
        };
        assert_eq!(may(&permissions, NUMBERS[1]), elsewhere, "{role:?}");
        let appoints = role == Role::Register || role == Role::Loader;
        assert_eq!(permissions.may_grant(None).is_ok(), appoints, "{role:?}");
    }
}

#[test]
fn several_relations_give_what_one_of_them_gives_and_no_more() {
    let mut tried = 0;
    let trio = |one, two, three| [(one, NUMBERS[0]), (two, NUMBERS[1]), (three, NUMBERS[2])];
    for one in ROLES {
        for two in ROLES {
            for three in ROLES {
                let relations = trio(one, two, three);
                let all = with(&relations);
                for text in NUMBERS {
                    let each = relations.map(|relation| may(&with(&[relation]), text));
                    let any: Vec<bool> = (0..4).map(|q| each.iter().any(|of| of[q])).collect();
                    assert_eq!(may(&all, text).to_vec(), any, "{relations:?} of {text}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, ROLES.len().pow(3) * NUMBERS.len());
}

#[test]
fn names_are_never_told_beside_sight_of_everybody() {
    for role in ROLES {
        let permissions = with(&[(Role::Auditor, NUMBERS[0]), (role, NUMBERS[1])]);
        assert_eq!(permissions.reads_names(), role == Role::Loader, "{role:?}");
    }
}

#[test]
fn who_acts_for_one_municipality_need_not_name_it() {
    let one = with(&[(Role::Municipality, NUMBERS[0]), (Role::Office, NUMBERS[1])]);
    assert_eq!(one.registering_municipality(None), Ok(Some(number(NUMBERS[0]))));
    assert!(one.registering_municipality(Some(&number(NUMBERS[1]))).is_err());
    let two = with(&[(Role::Municipality, NUMBERS[0]), (Role::System, NUMBERS[1])]);
    assert!(two.registering_municipality(None).is_err());
    assert_eq!(
        two.registering_municipality(Some(&number(NUMBERS[1]))),
        Ok(Some(number(NUMBERS[1])))
    );
}
