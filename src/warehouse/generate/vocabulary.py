"""The words and the rates of the synthetic programme: teams, roles, names, reasons.

Nobody here exists. Addresses end in `.example`, a domain that is reserved for examples (RFC 2606).
The rates are of the size that the published workforce census shows for a council of Southampton's
size: about 200 social workers, one in seven leaving in a year, agency use that swings widely.
"""

from __future__ import annotations

from datetime import date

SOCIAL_WORK_ROLES = frozenset(
    {
        "senior_manager",
        "middle_manager",
        "first_line_manager",
        "senior_practitioner",
        "case_holder",
        "qualified_without_cases",
    }
)

# The share of posts that each team has. Fourteen teams; one name has an apostrophe and one a comma,
# because real names do and an export has to survive them.
TEAMS: dict[str, float] = {
    "Multi-Agency Safeguarding Hub": 7,
    "Assessment North": 8,
    "Assessment Central": 8,
    "Assessment East": 8,
    "Child Protection North": 9,
    "Child Protection Central": 9,
    "Child Protection East": 9,
    "Looked After Children One": 7,
    "Looked After Children Two": 7,
    "Care Leavers, Pathways": 6,
    "Fostering": 6,
    "Adoption and Permanence": 5,
    "Children's Disability": 5,
    "Family Support and Edge of Care": 6,
}

# Roles of social work posts, and of the others.
ROLES: dict[str, float] = {
    "senior_manager": 2,
    "middle_manager": 4,
    "first_line_manager": 9,
    "senior_practitioner": 14,
    "case_holder": 39,
    "qualified_without_cases": 4,
}
SUPPORT_ROLES: dict[str, float] = {"family_support": 62, "business_support": 38}

AGENCY_ROLES: dict[str, float] = {
    "case_holder": 77,
    "senior_practitioner": 12,
    "first_line_manager": 8,
    "family_support": 3,
}

# Where a promotion leads. Roles that are not here stay what they are.
PROMOTION: dict[str, str] = {
    "qualified_without_cases": "case_holder",
    "case_holder": "senior_practitioner",
    "senior_practitioner": "first_line_manager",
    "first_line_manager": "middle_manager",
    "middle_manager": "senior_manager",
}

# Roles that hold cases, with the caseload of a full-timer.
CASELOADS: dict[str, float] = {"case_holder": 18.0, "senior_practitioner": 11.0}

FTES: dict[str, float] = {"1": 70, "0.9": 3, "0.8": 9, "0.6": 8, "0.5": 6, "0.811": 2, "0.4": 2}
VACANT_FTES: dict[str, float] = {"1": 88, "0.8": 6, "0.5": 6}

# Leaving in a year of service, by years of service so far: newcomers settle, then the middle years
# are the restless ones.
YEARLY_HAZARD: tuple[tuple[float, float], ...] = (
    (1.0, 0.12),
    (3.0, 0.20),
    (6.0, 0.16),
    (15.0, 0.11),
    (99.0, 0.10),
)

LEAVING_REASONS: dict[str, float] = {
    "resignation": 74,
    "transfer": 10,
    "redundancy": 4,
    "dismissal": 4,
    "death_in_service": 1,
    "other": 7,
}
LATE_CAREER_REASONS: dict[str, float] = {**LEAVING_REASONS, "retirement": 95}
LATE_CAREER_YEARS = 8

# Days between the record of a departure and the last day in post; negative: recorded afterwards.
NOTICE_DAYS: dict[str, tuple[int, int]] = {
    "resignation": (28, 84),
    "retirement": (84, 170),
    "end_of_contract": (28, 60),
    "redundancy": (60, 90),
    "dismissal": (-5, 0),
    "transfer": (28, 56),
    "death_in_service": (-14, -2),
    "other": (14, 60),
}

DESTINATIONS: dict[str, float] = {
    "other_council": 38,
    "agency": 18,
    "voluntary_sector": 5,
    "health": 8,
    "other_social_work": 6,
    "not_social_work": 12,
    "not_known": 8,
    "": 5,
}

EXIT_NOTES: tuple[str, ...] = (
    "",
    "",
    "Good team, but the caseload was too high to do the job well.",
    'Spoke warmly of her manager; said "the group kept me going".',
    "Moving closer to family, would come back.",
    "Pay and parking. Asked for flexible hours, was told no.",
    "Tired after a difficult court case; felt unsupported in March.",
)

INCIDENT_TYPES: dict[str, float] = {
    "child_death": 5,
    "serious_harm": 18,
    "violence_to_staff": 20,
    "threat_to_staff": 24,
    "suicide_or_self_harm": 13,
    "distressing_disclosure": 14,
    "other": 6,
}

DEBRIEF_NOTES: tuple[str, ...] = (
    "",
    "",
    "Shaken by the visit; asked for a second conversation.",
    "Manager will adjust duty rota for two weeks.",
    "Spoke of an old case that came back with this one.",
)

# The diagnostic's five principles, with the usual share of low answers.
SWORD_LEVELS: dict[str, float] = {
    "secure_base": 0.22,
    "sense_of_appreciation": 0.34,
    "learning_organisation": 0.24,
    "mission_and_vision": 0.27,
    "wellbeing": 0.38,
}

# Point of the principle, title, owner's role, years between reviews.
EVIDENCE: tuple[tuple[int, str, str, int], ...] = (
    (1, "Workforce wellbeing strategy", "senior_manager", 2),
    (1, "Terms of reference of the programme board", "senior_manager", 1),
    (2, "Supervision policy", "middle_manager", 2),
    (2, "Peer group supervision: guide for facilitators", "middle_manager", 1),
    (3, "Critical incident debrief protocol", "middle_manager", 1),
    (4, "Induction: working with distress and trauma", "first_line_manager", 1),
    (5, "Lone working and violence: risk assessment", "middle_manager", 1),
    (6, "Annual report on staff wellbeing", "senior_manager", 1),
)

# Agency workers in use, in a service of REFERENCE_STAFF, straight lines between the days named.
REFERENCE_STAFF = 280
AGENCY_LEVELS: tuple[tuple[date, float], ...] = (
    (date(2016, 10, 1), 24),
    (date(2017, 9, 30), 20.5),
    (date(2018, 9, 30), 32),
    (date(2019, 4, 1), 76),
    (date(2019, 9, 30), 94),
    (date(2020, 9, 30), 47.5),
    (date(2021, 12, 31), 50),
)

FIRST_NAMES: tuple[str, ...] = (
    "Aisha", "Amy", "Andrew", "Anita", "Ben", "Bethan", "Bogdan", "Bríd", "Carol", "Charlotte",
    "Chidi", "Claire", "Daniel", "David", "Deborah", "Eleri", "Emily", "Emma", "Fatima", "Femi",
    "Gemma", "George", "Grace", "Hannah", "Harpreet", "Helen", "Ifeoma", "Imran", "Jack", "Jane",
    "Jasmine", "Joanna", "Karen", "Kate", "Kwame", "Laura", "Leanne", "Lucy", "Maria", "Mark",
    "Michelle", "Mohammed", "Naomi", "Natalie", "Nicola", "Oliver", "Olivia", "Paul", "Priya",
    "Rachel", "Rebecca", "Ruth", "Samuel", "Sarah", "Siân", "Sophie", "Tariq", "Thomas", "Tracey",
    "Victoria", "Wendy", "Yasmin", "Zoë", "Zuzanna",
)  # fmt: skip

LAST_NAMES: tuple[str, ...] = (
    "Adeyemi", "Ahmed", "Allen", "Bailey", "Baker", "Begum", "Bennett", "Brown", "Campbell",
    "Carter", "Chapman", "Clarke", "Cole", "Cooper", "Davies", "Edwards", "Evans", "Fernández",
    "Foster", "Green", "Hall", "Harris", "Hughes", "Hussain", "Jackson", "Jenkins", "Jones",
    "Kaur", "Khan", "King", "Kowalska", "Lee", "Lewis", "Marsh", "Martin", "Mensah", "Mitchell",
    "Moore", "Morgan", "Murphy", "Nowak", "O'Neill", "Okafor", "Osei", "Parker", "Patel",
    "Phillips", "Price", "Rahman", "Reid", "Roberts", "Robinson", "Rogers", "Scott", "Shah",
    "Sharma", "Singh", "Smith", "Stone", "Taylor", "Thomas", "Turner", "Walker", "Ward", "White",
    "Williams", "Wilson", "Wood", "Wright", "Young",
)  # fmt: skip
