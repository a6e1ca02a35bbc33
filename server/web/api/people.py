"""Sessions, users, roles, assignments, app users."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
POST   /sessions | anyone | | SignIn | Session | Signs in with an address and a password.
GET    /sessions/restore | signed-in | | | SessionTimes | When the session of this request began and ends.
DELETE /sessions/current | user | | | Success | Signs out.
DELETE /sessions/{token} | session.end@project | | | Success | Ends a session, or an app user's access for good; everybody ends the own.

GET    /users | signed-in | q | | [User] | Users; who may not list them finds one by the exact address.
POST   /users | user.create | | UserIn | User | A new user, without rights.
GET    /users/current | signed-in | | | User | Who asks; extended with verbs and preferences.
GET    /users/{actor_id} | user.read | | | User | One user; everybody may read the own account.
PATCH  /users/{actor_id} | user.update | | UserChange? | User | Changes name or address.
DELETE /users/{actor_id} | user.delete | | | Success | Ends a user, with sessions and rights.
POST   /users/reset/initiate | anyone | | ResetAsk | Success | Asks for a new password; the answer is the same whoever it is about.
POST   /users/reset/verify | user.password.reset | | NewPassword | Success | Sets it; the token that an administrator handed out comes as Bearer.
GET    /users/resets | user.password.invalidate | | | [ResetAsked] | Who asked and was not given a token yet. Ours.
POST   /users/{actor_id}/reset | user.password.invalidate | | | Reset | A token for a new password, to be handed over. Ours.
PUT    /user-preferences/site/{preference} | user | | Preference | Success | Remembers something for whoever is signed in.
DELETE /user-preferences/site/{preference} | user | | | Success | Forgets it.
PUT    /user-preferences/project/{project_id}/{preference} | user | | Preference | Success | The same for one project.
DELETE /user-preferences/project/{project_id}/{preference} | user | | | Success | Forgets it.
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
PATCH  P/app-users/{app_user} | field_key.update | | PropertiesIn | AppUser | Sets properties of it.
DELETE P/app-users/{app_user} | field_key.delete | | | Success | Ends it.

GET    P/actor-properties | actor_property.list | | | [ActorProperty] | By what the rules of entity lists tell apart who reads them.
POST   P/actor-properties | actor_property.update | | ActorPropertyIn | Success | A new one.

GET    F/public-links | public_link.list | | | [PublicLink] | Links by which anybody fills in the form.
POST   F/public-links | public_link.create | | PublicLinkIn | PublicLink | A new one.
GET    F/public-links/{link_id} | public_link.read | | | PublicLink | One link.
PATCH  F/public-links/{link_id} | public_link.update | | PropertiesIn | PublicLink | Sets properties of it.
DELETE F/public-links/{link_id} | public_link.delete | | | Success | Ends it.
""")
# fmt: on
