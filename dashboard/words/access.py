"""Signing in and out: the sentences for those who see no figure, and the frame of those who do."""

from __future__ import annotations

from dashboard.signin import Refusal, Role

TITLE = "Sign in"
QUESTIONS = {
    Refusal.NOT_SIGNED_IN: "Who are you?",
    Refusal.EXPIRED: "Are you still there?",
    Refusal.SIGNED_OUT: "Who are you?",
    Refusal.NOT_FOR_US: "Who are you?",
    Refusal.NO_ROLE: "May you see these figures?",
}
SENTENCES = {
    Refusal.NOT_SIGNED_IN: (
        "These pages are for the programme's board. Sign in with your account of the council to see "
        "them."
    ),
    Refusal.EXPIRED: "Your sign-in has expired. Sign in again to go on.",
    Refusal.SIGNED_OUT: "You have signed out. Sign in again to see the figures.",
    Refusal.NOT_FOR_US: (
        "The identity provider's answer was not made out to this dashboard, so it was not accepted. "
        "Sign in again. If that ends here too, whoever runs the warehouse has to look at how the "
        "provider is set up: the runbook says what to check."
    ),
    Refusal.NO_ROLE: (
        "You are signed in, and your account has no part in the programme's board, so no figures are "
        "shown. If it should have, ask the board's secretary to have you put into the board's group "
        "(or the data stewards'), then sign out here and sign in again."
    ),
}
SIGN_IN = "Sign in"
SIGN_OUT = "Sign out"
YOUR_DATA = "What is held about staff, in plain words"
ROLES = {Role.BOARD: "member of the board", Role.STEWARD: "data steward"}
LOOPBACK = "No sign-in is set up: these pages are served on this machine alone."


def signed_in(name: object, role: Role) -> str:
    """Who is signed in and as what, for the sidebar. A name is shown as it is, never as markup."""
    known = name.strip() if isinstance(name, str) else ""
    return f"Signed in as {known}, {ROLES[role]}" if known else f"Signed in, {ROLES[role]}"
