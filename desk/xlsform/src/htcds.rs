//! The coded fields of the Human Trafficking Case Data Standard (IOM, HTCDS v2.0, CC BY 4.0), found under either
//! spelling.
//!
//! The toolkit's form writes some names with underscores that the standard writes without; both lead to the standard's.

/// A field of the standard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in the standard.
    pub(crate) name: &'static str,
    values: Values,
}

#[derive(Debug, PartialEq, Eq)]
enum Values {
    /// Words, numbers, dates.
    Free,
    /// A tick.
    Ticked,
    /// Countries and languages by their ISO codes.
    Codes,
    /// The standard's own list.
    Listed(&'static [&'static str]),
}

impl Field {
    /// The standard's value for an option, under either spelling.
    pub(crate) fn value(&self, option: &str) -> Option<String> {
        let wanted = plain(option);
        match self.values {
            Values::Free => None,
            Values::Ticked => match wanted.as_str() {
                "true" | "yes" | "1" => Some("true".to_owned()),
                "false" | "no" | "0" => Some("false".to_owned()),
                _ => None,
            },
            Values::Codes => Some(option.trim().to_owned()).filter(|code| (2..=3).contains(&code.len())),
            Values::Listed(values) => {
                let other = SPELLINGS.iter().find(|(spelling, _)| *spelling == wanted).map(|(_, value)| *value);
                let found = values.iter().find(|value| plain(value) == wanted);
                found.copied().or_else(|| other.filter(|value| values.contains(value))).map(str::to_owned)
            }
        }
    }
}

/// The field of a question's name, under either spelling.
pub(crate) fn field(name: &str) -> Option<&'static Field> {
    let wanted = plain(name);
    FIELDS.iter().find(|field| plain(field.name) == wanted)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The standard's definitions spell some values of its own list otherwise; it has no value for restricted movement.
const SPELLINGS: [(&str, &str); 4] = [
    ("threatoflawenforcement", "ThreatsLawEnforcement"),
    ("psychoactivesubstances", "PsychoactiveSubstance"),
    ("restrictsmovement", "Other"),
    ("unacquainted", "Unaquainted"),
];

const fn free(name: &'static str) -> Field {
    Field { name, values: Values::Free }
}

const fn ticked(name: &'static str) -> Field {
    Field { name, values: Values::Ticked }
}

const fn codes(name: &'static str) -> Field {
    Field { name, values: Values::Codes }
}

const fn listed(name: &'static str, values: &'static [&'static str]) -> Field {
    Field { name, values: Values::Listed(values) }
}

const WEBSITES: &[&str] = &[
    "Facebook",
    "Instagram",
    "WhatsApp",
    "Telegram",
    "FacebookMessenger",
    "Viber",
    "SnapChat",
    "Line",
    "4Sale",
    "WeChat",
    "QQ",
    "QZone",
    "TikTok",
    "Twitter",
    "Other",
];
const REFERRAL: &[&str] = &["AdditionalServicesRequired", "MigrationOrChangeOfLocation", "Other"];

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    free("org_Name"), free("org_ShippingCity"), codes("org_ShippingCountry"), free("org_ShippingState"),
    free("org_ShippingStreet"), free("org_ShippingPostalCode"), free("org_ShippingLongitude"),
    free("org_ShippingLatitude"), free("org_Phone"),
    listed("org_Type", &[
        "NGO", "LawEnforcement", "HealthServiceOrganisation", "CentralGovernmentOrganisation",
        "LocalGovernmentOrganisation", "ImmigrationService", "LegalService", "CorporateBusiness", "SchoolOrCollege",
    ]),
    free("prs_Salutation"), free("prs_FirstName"), free("prs_MiddleName"), free("prs_SecondName"),
    free("prs_Birthdate"),
    listed("prs_Gender", &[
        "Feminine", "Masculine", "TransgenderFeminine", "TransgenderMasculine", "NonConforming", "NonSpecifiedUnknown",
    ]),
    ticked("prs_Deceased"),
    listed("prs_MaritalStatus", &["Single", "Married", "Widowed", "Divorced", "Separated", "RegisteredPartnership"]),
    free("prs_NumberOfChildren"), codes("prs_PrimaryLanguage"), codes("prs_SecondaryLanguage"),
    listed("prs_HighestLevelOfEducation", &[
        "EarlyChildhoodEducation", "PrimaryEducation", "LowerSecondaryEducation", "UpperSecondaryEducation",
        "PostSecondaryNonTertiaryEducation", "ShortCycleTertiaryEducation", "BachelorsOrEquivalentLevel",
        "MastersOrEquivalentLevel", "DoctoralOrEquivalentLevel",
    ]),
    codes("prs_Citizenship"), free("prs_IdentityNumber"), free("prs_Title"), free("prs_Email"), free("prs_HomePhone"),
    free("prs_MobilePhone"), free("prs_MailingCity"), codes("prs_MailingCountry"), free("prs_MailingState"),
    free("prs_MailingStreet"), free("prs_MailingPostalCode"), free("prs_MailingLongitude"), free("prs_MailingLatitude"),
    ticked("vic_AgreementToManagePersonalData"),
    listed("vic_TraffickingStatus", &[
        "PossibleVictimOfTrafficking", "ActualVictimOfTrafficking", "NotAVictimOfTrafficking",
    ]),
    listed("vic_TraffickingStatusDecisionMakingOrg", &[
        "Police", "NGO", "CourtOrProsecution", "NonPoliceGovernmentalOrganization", "Other",
    ]),
    listed("vic_RelationshipToTrafficker", &["Familial", "Acquainted", "Unaquainted"]),
    free("vic_AgeWhenTrafficked"), listed("vic_RecruitmentWebsitesAndApps", WEBSITES),
    listed("vic_MethodOfRecruitment", &[
        "AtAPlaceOfBusiness", "AtAnEducationalInstitution", "AtWork", "ThroughOnlineSocialNetworks",
        "ThroughAnOnlineAdvertisement", "ThroughATelevisionAdvert", "ThroughANewspaperAdvert",
        "ThroughFamilyOrFamilyEvents", "ThroughFriendsOrSocialEvents", "Other",
    ]),
    free("vic_LocationOfRecruitment"),
    listed("vic_MethodsOfControl", &[
        "PhysicalThreats", "ThreatsLawEnforcement", "ThreatensChildrenFamily", "DebtBondage", "FalsePromises",
        "PhysicalAbuse", "SexualAbuse", "TakesEarnings", "RestrictsFinancialAccess", "RestrictsMedicalCare",
        "WithholdsNecessities", "PsychologicalAbuse", "PsychoactiveSubstance", "ExcessiveWorkingHours",
        "WithholdsDocuments", "Other",
    ]),
    listed("vic_TypeOfExploitation", &[
        "ForcedLabour", "SexualExploitation", "ChildLabour", "ForcedMarriage", "Servitude",
        "ForcedMilitaryByNonStateActors", "OrganRemoval", "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other",
    ]),
    listed("vic_ForcedLabourIndustry", &[
        "A_AgricultureForestryAndFishing", "B_MiningAndQuarrying", "C_Manufacturing",
        "D_ElectricityGasSteamAndAirConditioningSupply", "E_WaterSupplySewerageWasteManagement", "F_Construction",
        "G_WholesaleAndRetailTradeRepairOfMotorVehicles", "H_TransportationAndStorage",
        "I_AccommodationAndFoodServiceActivities", "J_InformationAndCommunication",
        "K_FinancialAndInsuranceActivities", "L_RealEstateActivities",
        "M_ProfessionalScientificAndTechnicalActivities", "N_AdministrativeAndSupportServiceActivities",
        "O_PublicAdministrationAndDefence", "P_Education", "Q_HumanHealthAndSocialWorkActivities",
        "R_ArtsEntertainmentAndRecreation", "S_OtherServiceActivities", "T_ActivitiesOfHouseholdsAsEmployers",
        "U_ActivitiesOfExtraterritorialOrganizations",
    ]),
    listed("vic_TypeOfSexExploitation", &[
        "Prostitution", "Pornography", "RemoteInteractiveServices", "PrivateSexualServices",
    ]),
    free("vic_LocationOfExploitation"), listed("vic_ExploitationWebsitesAndApps", WEBSITES),
    listed("vic_Vulnerabilities", &[
        "Addiction", "SocialGroup", "Discrimination", "Poverty", "DisabilityAndPhysicalHealth", "MentalHealth",
        "Migration", "Homelessness", "AbuseSocialMedia", "AbusePhysical", "Education", "WorkEnvironment",
    ]),
    free("vic_DetailsOfVulnerabilities"),
    listed("per_RoleInProcess", &[
        "TravellingPartner", "Transporter", "RecruiterOrIntermediary", "BrokerTravelAgent", "TransferredIndividual",
        "HarbouredIndividual", "SoldIndividual", "BoughtIndividual", "ReceivedIndividual", "ControlledIndividual",
        "Smuggler", "Abuser", "Kidnapper", "Exploiter", "Other",
    ]),
    free("per_RoleDetails"), free("per_Organisation"),
    listed("cas_Status", &["Active", "FollowUp", "Closed", "ClosedReferred"]),
    free("cas_ReasonForCaseClosure"), free("cas_CaseOwner"), free("cas_ReferringOrganisation"),
    free("cas_IncomingReferralDate"), free("cas_ReferringPrimaryCaseWorker"),
    listed("cas_ReasonForIncomingReferral", REFERRAL), free("cas_IncomingReferralDetails"),
    free("cas_ReferredOrganisation"), free("cas_ReferredPrimaryCaseWorker"),
    listed("cas_ReasonForOutgoingReferral", REFERRAL), free("cas_OutgoingReferralDate"),
    free("cas_OutgoingReferralDetails"), free("cco_CaseComment"), free("hte_Longitude"), free("hte_Latitude"),
    free("hte_City"), codes("hte_Country"), free("hte_State"), free("hte_Street"), free("hte_PostalCode"),
    free("hte_Date"),
    listed("hte_Type", &["Recruitment", "Transit", "Exploitation"]),
    free("hte_Description"), free("spl_Objectives"), free("spl_ActionPlan"), free("spl_PlannedEndDate"),
    free("spl_ActualEndDate"),
    listed("spl_Type", &[
        "Education", "Financial", "Health", "LabourExploitationRehabilitation", "Legal", "Livelihood",
        "RightsBasedTraining", "SexualExploitationRehabilitation", "SocialCare",
    ]),
    ticked("con_Consent"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_leads_to_the_standards_own() {
        for (spelling, name) in [
            ("prs_First_Name", "prs_FirstName"),
            ("prs_Second_Name", "prs_SecondName"),
            ("vic_Methods_of_Control", "vic_MethodsOfControl"),
            ("vic_MethodsOfControl", "vic_MethodsOfControl"),
            ("cas_Status", "cas_Status"),
        ] {
            assert_eq!(field(spelling).map(|field| field.name), Some(name));
        }
        assert_eq!(field("first_name"), None);
        let control = field("vic_MethodsOfControl").unwrap();
        for (spelling, value) in [
            ("DebtBondage ", Some("DebtBondage")),
            ("PsychoactiveSubstances", Some("PsychoactiveSubstance")),
            ("ThreatOfLawEnforcement", Some("ThreatsLawEnforcement")),
            ("RestrictsMovement", Some("Other")),
            ("Surrogacy", None),
        ] {
            assert_eq!(control.value(spelling).as_deref(), value);
        }
        assert_eq!(field("con_Consent").unwrap().value("TRUE").as_deref(), Some("true"));
        assert_eq!(field("prs_Citizenship").unwrap().value("NP").as_deref(), Some("NP"));
    }

    #[test]
    fn every_field_of_the_standard_is_here_once() {
        let names: std::collections::BTreeSet<String> = FIELDS.iter().map(|field| plain(field.name)).collect();
        assert_eq!(names.len(), FIELDS.len());
        assert_eq!(FIELDS.len(), 84);
    }
}
