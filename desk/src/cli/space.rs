//! Commands around the home and the space: init, create, join, admit, members, assign.
//! Codes promise to be read whether typed, in a file or on standard input, with any white space a messenger put in.

use serde_json::json;
use vigil_core::{Admission, DeviceId, HomeOptions, MemberView, Stretching, Vault};

use super::arguments::{Arguments, Certified, RoleName};
use super::output::Output;
use super::progress::with_sign_of_life;
use super::{session, unlock};
use crate::error::DeskError;
use crate::text::plain;

pub(super) fn init(
    arguments: &Arguments,
    output: &Output,
    name: &str,
    stretching: Stretching,
) -> Result<(), DeskError> {
    let home = session::home(arguments)?;
    if home.join("key").exists() {
        return Err(vigil_core::VigilError::HomeExists.into());
    }
    let passphrase = session::passphrase(arguments, true)?;
    if stretching == Stretching::Floor {
        output.say("At the floor a passphrase is tried quickly, by anybody: for trying things out only.")?;
    }
    let options = HomeOptions { stretching, ..unlock::options(arguments) };
    let vault = with_sign_of_life("measuring this device", || Vault::create_with(&home, &passphrase, name, &options))?;
    let device = vault.device().to_string();
    output.answer(
        &json!({"home": home, "device": device}),
        [
            format!("A new home in {}, for device {}.", home.display(), vault.device().short()),
            "Nobody can open it without the passphrase; keep that safe.".to_owned(),
            "Next: `vigil space create`, or `vigil join-request` to be admitted to a space.".to_owned(),
        ],
    )
}

pub(super) fn create(arguments: &Arguments, output: &Output, card: Option<&str>) -> Result<(), DeskError> {
    let card = card.map(session::code).transpose()?;
    let mut vault = session::open(arguments)?;
    let recovery = vault.create_space(card.as_deref())?;
    output.answer(
        &json!({"recovery_key": recovery.text()}),
        [
            "The space is there, and this device is its first desk.",
            "The recovery key opens what every device has lost. It is shown once and kept nowhere: write it on paper.",
            "",
            recovery.text(),
        ],
    )
}

pub(super) fn server(arguments: &Arguments, output: &Output, card: &str) -> Result<(), DeskError> {
    let card = session::code(card)?;
    let mut vault = session::open(arguments)?;
    vault.set_server(&card)?;
    let url = vault.server()?.map(|card| card.url).unwrap_or_default();
    output.answer(&json!({"server": url}), [format!("The space's server is {}.", plain(&url))])
}

pub(super) fn log(arguments: &Arguments, output: &Output, log: Option<&str>) -> Result<(), DeskError> {
    let log = log.map(session::code).transpose()?;
    let mut vault = session::open(arguments)?;
    let Some(log) = log else {
        let log = vault.log_by_hand()?;
        return output.answer(&json!({"log": log}), [log.as_str()]);
    };
    vault.take_log_by_hand(&log)?;
    output.answer(&json!({"member": true}), ["The log names this device: it is a full member of its space."])
}

pub(super) fn join_request(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let request = session::open(arguments)?.join_request()?;
    output.answer(&json!({"join_request": request}), [request.as_str()])
}

pub(super) fn add(
    arguments: &Arguments,
    output: &Output,
    request: &str,
    (role, name, certified): (Option<RoleName>, &str, &Certified),
) -> Result<(), DeskError> {
    let request = session::code(request)?;
    let mut vault = session::open(arguments)?;
    if Vault::is_second_code(&request) {
        vault.append_certificate(&request)?;
        return output
            .answer(&json!({"appended": true}), ["The log names that device now, and the next sync says so."]);
    }
    let role = role.ok_or_else(|| DeskError::Usage("--role is missing".to_owned()))?.role();
    let mut admission = Admission::new(role, name);
    admission.probation = certified.probation;
    admission.days = certified.days;
    admission.same_person_as = certified.person.as_deref().map(|prefix| vault.find_member(prefix)).transpose()?;
    certified.area.trim().clone_into(&mut admission.details.area);
    admission.details.sponsors.clone_from(&certified.sponsors);
    if vault.admission_takes_two()? {
        let certificate = vault.prepare_admission(&request, &admission)?;
        return output.answer(&json!({"certificate": certificate, "to_cosign": true}), [certificate.as_str()]);
    }
    let code = vault.admit_as(&request, &admission)?;
    show_second_code(output, &request, &code)
}

/// Admits by a certificate that a second person has signed.
pub(super) fn add_signed(arguments: &Arguments, output: &Output, certificate: &str) -> Result<(), DeskError> {
    let certificate = session::code(certificate)?;
    let code = session::open(arguments)?.admit_cosigned(&certificate)?;
    show_second_code(output, &certificate, &code)
}

/// The code alone on standard output, so that it can go to a file; its number beside it, for people.
pub(super) fn show_second_code(output: &Output, answered: &str, code: &str) -> Result<(), DeskError> {
    let number = Vault::comparison_number(answered, code)?;
    output.aside(&format!("{}\n{OFFICER_COMPARES}", in_lines(number.as_str())))?;
    output.answer(&json!({"welcome": code, "number": number.as_str()}), [code])
}

const OFFICER_COMPARES: &str = "If the code does not go straight from this screen to the new device's camera, read these digits \
                                aloud: the new device has to show the same.";
const DEVICE_COMPARES: &str = "Not joined yet: compare these digits with the officer's, then give the officer's with --number; \
                               or say --face-to-face if this code came straight from the officer's screen.";

/// Sixty digits, three groups of five a line.
fn in_lines(number: &str) -> String {
    let groups: Vec<&str> = number.split(' ').collect();
    groups.chunks(3).map(|line| format!("    {}", line.join("   "))).collect::<Vec<_>>().join("\n")
}

pub(super) fn join(
    arguments: &Arguments,
    output: &Output,
    code: &str,
    (face_to_face, number): (bool, Option<&str>),
) -> Result<(), DeskError> {
    let code = session::code(code)?;
    let mut vault = session::open(arguments)?;
    let invitation = vault.second_code(&code)?;
    let confirmed = match number {
        Some(typed) => invitation.compared(typed)?,
        None if face_to_face => invitation.seen_face_to_face(),
        None => {
            let number = invitation.number();
            let lines = [in_lines(number.as_str()), DEVICE_COMPARES.to_owned()];
            return output.answer(&json!({"joined": false, "number": number.as_str()}), lines);
        }
    };
    vault.join(confirmed)?;
    let role = vault.role()?.name();
    output.answer(
        &json!({"joined": true, "role": role}),
        [format!("This device has joined, as {role}. It can record from now on, with or without network.")],
    )
}

pub(super) fn members(arguments: &Arguments, output: &Output) -> Result<(), DeskError> {
    let members = session::open(arguments)?.members()?;
    output.answer(&members, members.iter().map(member_line))
}

/// A member on one line.
pub(crate) fn member_line(member: &MemberView) -> String {
    let name = member.name.as_deref().map_or_else(|| "(name not readable here)".to_owned(), plain);
    let mut line = format!("{:8}  {:9}  {name}", member.device.get(..8).unwrap_or(&member.device), member.role);
    let marks = [
        (member.me, "this device"),
        (member.on_duty, "on duty"),
        (member.probation, "on probation"),
        (member.suspended, "suspended"),
        (member.removed, "removed"),
    ];
    for (holds, words) in marks {
        if holds {
            line.push_str(", ");
            line.push_str(words);
        }
    }
    line
}

fn devices(vault: &Vault, prefixes: &[String]) -> Result<Vec<DeviceId>, DeskError> {
    prefixes.iter().map(|prefix| Ok(vault.find_member(prefix)?)).collect()
}

pub(super) fn assign(
    arguments: &Arguments,
    output: &Output,
    record: &str,
    prefixes: &[String],
) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let record = vault.find(record)?;
    let devices = devices(&vault, prefixes)?;
    vault.assign(&record, &devices)?;
    let names: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
    let calls = devices.iter().map(|device| Ok(plain(&vault.call(device)?))).collect::<Result<Vec<_>, DeskError>>()?;
    let who = if calls.is_empty() { "Nobody".to_owned() } else { calls.join(", ") };
    output.answer(
        &json!({"record": record.to_string(), "devices": names}),
        [format!("{who} may read {} besides the desks; they learn of it with the next sync.", record.short())],
    )
}

pub(super) fn intake(arguments: &Arguments, output: &Output, prefixes: &[String]) -> Result<(), DeskError> {
    let mut vault = session::open(arguments)?;
    let devices = devices(&vault, prefixes)?;
    vault.set_intake(&devices)?;
    let names: Vec<String> = devices.iter().map(DeviceId::to_string).collect();
    output.answer(
        &json!({"on_duty": names}),
        ["From now on, identities of newly recorded people are sealed to the devices on duty."],
    )
}
