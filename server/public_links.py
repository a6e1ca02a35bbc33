"""Public links: who has one may fill in one form, without a name. No Flask, no SQL.

A link is an actor of this hub alone, with a role on its form; what comes in through it travels like any
other submission. Source: ODK Central's API.
"""

from __future__ import annotations

from server import passwords
from server.accounts import place
from server.actor_entries import By, append, new_uid, reread, signed, slot_of
from server.hub import Hub, Turn
from server.roles import PUBLIC_LINK, role_named
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.subjects import actor_subject


def create_link(
    hub: Hub, project: Project, form: Form, display_name: str, once: bool | None = None, by: By | None = None
) -> Actor:
    """once: whether a browser may fill it in one time only. It opens its form from now on."""
    where = place(project, form)
    body = {
        "display_name": display_name, "project": where[0], "form": where[1], "once": once,
        "token": passwords.make_token(),
    }  # fmt: skip

    def work(turn: Turn) -> Actor:
        uid = new_uid(turn)
        subject, slot = actor_subject(uid), slot_of(role_named(PUBLIC_LINK), where)
        # In the order in which Central's log shows them.
        turn.append("public_link.assignment.create", subject, {**slot, **signed(by)})
        turn.append("public_link.create", subject, {**body, **signed(by)})
        return reread(turn, uid)

    return hub.write(work)


def revoke_link(hub: Hub, link: Actor, by: By | None = None) -> None:
    """Ends its token for good; the link stays listed."""
    hub.write(lambda turn: append(turn, link, "public_link.session.end", {}, by))


def delete_link(hub: Hub, link: Actor, by: By | None = None) -> None:
    hub.write(lambda turn: append(turn, link, "public_link.delete", {}, by))
