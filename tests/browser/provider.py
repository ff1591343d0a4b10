"""Canaille, a real OpenID provider, on the loopback interface and in memory, for the browser tests.

    .venv-provider/bin/python tests/browser/provider.py REDIRECT_URI...

Run by the environment that `requirements-provider.lock` makes; nothing here is imported by a test.
Prints its address when it answers, and serves until it is ended. Everybody's password is
`correct horse battery staple`. Groups: `programme-board` (ada), `data-stewards` (grace); edsger is
in neither. Two clients may bring people back to the addresses given: `dashboard`, whose tokens are
made out to it, and `nameless`, whose tokens say nobody's name as their audience. A POST to
`/lifetime/SECONDS` sets how long the tokens that follow hold.
"""

from __future__ import annotations

import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc.provider import OpenIDCode
from werkzeug.serving import make_server

PASSWORD = "correct horse battery staple"  # pragma: allowlist secret
GROUPS = {"ada": "programme-board", "grace": "data-stewards", "edsger": None}

app = create_app(
    {
        "SECRET_KEY": "only for tests, on one machine",  # pragma: allowlist secret
        "CANAILLE": {"FORCE_HTTPS": False, "DATABASE": "memory", "JAVASCRIPT": False},
        "CANAILLE_OIDC": {},
    }
)


# What a test asks for carries no token against forged forms.
app.config["WTF_CSRF_CHECK_DEFAULT"] = False


@app.post("/lifetime/<int:seconds>")
def lifetime(seconds: int) -> str:
    """How long the tokens that follow hold."""
    OpenIDCode.DEFAULT_EXPIRES_IN = seconds
    return str(seconds)


with app.app_context():
    for name, group in GROUPS.items():
        user = models.User(
            user_name=name, family_name=name.title(), formatted_name=name.title(),
            emails=[f"{name}@council.example"], password=PASSWORD,
        )  # fmt: skip
        Backend.instance.save(user)
        if group:
            Backend.instance.save(models.Group(display_name=group, members=[user]))
    for client_id in ("dashboard", "nameless"):
        client = models.Client(
            client_id=client_id, client_secret=f"{client_id}-not-a-secret", client_name=client_id,
            client_uri="http://127.0.0.1", redirect_uris=sys.argv[1:],
            post_logout_redirect_uris=sys.argv[1:], grant_types=["authorization_code"],
            response_types=["code"], scope=["openid", "profile", "email", "groups"],
            token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        Backend.instance.save(client)
        if client_id == "dashboard":
            client.audience = [client]
            Backend.instance.save(client)

server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
