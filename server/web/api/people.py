"""Sessions, users, roles, assignments, app users."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
POST   /sessions | anyone | | SignIn | Session | Signs in with an address and a password.
GET    /sessions/restore | signed-in | | | SessionTimes | When the session of this request began and ends.
DELETE /sessions/current | signed-in | | | Success | Signs out.
DELETE /sessions/{token} | session.end@project | | | Success | Ends a session, or an app user's access for good; everybody ends the own.

GET    /users | signed-in | q | | [User] | Users; who may not list them finds one by the exact address.
POST   /users | user.create | | UserIn | User | A new user, without rights.
GET    /users/current | signed-in | | | User | Who asks; extended with verbs and preferences.
GET    /users/{actor_id} | user.read | | | User | One user; everybody may read the own account.
PATCH  /users/{actor_id} | user.update | | UserChange? | User | Changes name or address.
DELETE /users/{actor_id} | user.delete | | | Success | Ends a user, with sessions and rights.
PUT    /users/{actor_id}/password | user.update | | PasswordChange | Success | Sets a new password; the old one is asked for.

GET    /roles | signed-in | | | [Role] | Roles and their verbs.
GET    /roles/{role} | signed-in | | | Role | One role, by number or system name.

GET    /assignments | assignment.list | | | [Assignment] | Who has which role at the whole site.
GET    /assignments/{role} | assignment.list | | | [Actor] | Who has this role there.
POST   /assignments/{role}/{actor_id} | assignment.create | | | Success | Gives the role at the whole site.
DELETE /assignments/{role}/{actor_id} | assignment.delete | | | Success | Takes it away.
GET    P/assignments | assignment.list | | | [Assignment] | Who has which role in the project.
GET    P/assignments/{role} | assignment.list | | | [Actor] | Who has this role there.
POST   P/assignments/{role}/{actor_id} | assignment.create | | | Success | Gives the role in the project: only what one has oneself.
DELETE P/assignments/{role}/{actor_id} | assignment.delete | | | Success | Takes it away.
GET    P/assignments/forms | assignment.list | | | [FormAssignment] | Assignments to single forms of the project.
GET    P/assignments/forms/{role} | assignment.list | | | [FormAssignment] | Those of one role.
GET    F/assignments | assignment.list | | | [Assignment] | Who has which role on the form.
GET    F/assignments/{role} | assignment.list | | | [Actor] | Who has this role there.
POST   F/assignments/{role}/{actor_id} | assignment.create | | | Success | Gives the role on the form.
DELETE F/assignments/{role}/{actor_id} | assignment.delete | | | Success | Takes it away.

GET    P/app-users | field_key.list | | | [AppUser] | Tablets' accesses, those with a token first.
POST   P/app-users | field_key.create | | AppUserIn | AppUser | A new access; it sees a form once it is assigned to it.
GET    P/app-users/{app_user} | field_key.list | | | AppUser | One access.
DELETE P/app-users/{app_user} | field_key.delete | | | Success | Ends it.
""")
# fmt: on
