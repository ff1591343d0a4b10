"""Your data: for staff and unions, in plain words.

Every sentence is short, and every fact is one of the privacy notice's (docs/privacy_notice.md): a
test holds both to each other.
"""

from __future__ import annotations

YOUR_DATA_ANSWER = (
    "We count. We do not judge. Your manager can never see your answers or your sick days here, "
    "nor which group sessions you came to."
)

# (heading, sentences as a list or as a paragraph)
YOUR_DATA: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "What is stored",
        (
            "Your team, your role and your hours.",
            "When you started. If you left: when, the reason on file, and where you went.",
            "How many cases you hold.",
            "When you were off sick, and if stress was the reason. Nothing else about your health.",
            "Your peer group, and if you came. Online, it is also when you joined and left.",
            "Your answers to a wellbeing survey, if you fill one in.",
        ),
    ),
    (
        "What is not stored",
        (
            "Your name. It is taken out as the file is read.",
            "Your staff number and your email. Codes take their place.",
            "What was said in a group or in a debrief. No one writes it down for this.",
            "Notes of any kind. Free text is thrown away.",
            "Children and families. Nothing about them is here.",
        ),
    ),
    (
        "What managers and the board can never see",
        (
            "You. No row in their file is about one person.",
            "Your team. They see the whole service, its social workers, and areas of 70 or more.",
            "Your survey answers. A result is shown only when 11 or more people answered.",
            "Why a few people left. A count of 1 to 7 is hidden.",
            "Who came to a session, and who asked for a debrief.",
        ),
    ),
    (
        "What they do see",
        (
            "How many people joined and left the service each month. That can be one or two people.",
            "Rates, such as how many staff were off sick in a year.",
            "Each peer group by a code: if it met, was called off, or did not meet in time.",
        ),
    ),
    (
        "What it is never used for",
        (
            "Your pay. Your appraisals. Your sick leave. Your conduct.",
            "Choices about you by a computer. There are none.",
        ),
    ),
    (
        "Who can see more",
        (
            "A few analysts see rows with codes. They see no names.",
            "One person in charge of the data can open the files that HR sends. Those have names.",
            "Your survey answers have a code of their own. No one can join them to your job.",
        ),
    ),
    (
        "For how long",
        (
            "Files with names: 30 days. If a file was broken: 90 days.",
            "Rows with codes: while the programme is being judged. Ask when that ends.",
            "The figures that the board was shown: they stay.",
        ),
    ),
    (
        "What you can ask for",
        (
            "To see all that is held on you.",
            "To have it put right. Tell HR.",
            "To have it taken out. The answer may be no. Then you are told why.",
            "To have it left alone while a problem is looked into.",
            "You can skip any survey. Nothing happens if you do.",
        ),
    ),
    (
        "Who to ask",
        (
            "The council's data protection officer. The privacy notice has the email and phone.",
            "Your union, or anyone who speaks for staff.",
            "If the answer is not good enough: the Information Commissioner's Office, ico.org.uk, "
            "0303 123 1113.",
        ),
    ),
)

YOUR_DATA_NOTE = (
    "This page is a short form of the privacy notice that all staff get. It shows no figures. "
    "Anyone can read it, with or without a sign-in."
)
