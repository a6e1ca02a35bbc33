"""Our own faults: code, HTTP status, exit code of the command line, message.

A message says what happened, to what, and what to do. Those of the tablets' door are read by an enumerator on
ODK Collect; those of the command line by the person who runs a hub. The code's first word is the thing.

Exit codes: 1 findings, or nothing of what was asked for; 2 wrong usage or bad input; 3 the other side could
not be reached; 4 damaged data found.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.errors import MESSAGES
from i18n import mark

NOTHING, INPUT, UNREACHED, DAMAGED = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class FaultRow:
    code: str
    status: int
    exit_code: int
    message: str


def _row(code: str, status: int, exit_code: int, message: str) -> tuple[str, FaultRow]:
    return code, FaultRow(code, status, exit_code, message)


# One row a line, so that the tables read as tables.
# fmt: off
_TABLET = (
    _row("submission.not_xml", 400, INPUT, mark("What was sent cannot be read as a form (XML). Send it again; if that fails, tell your coordinator.")),
    _row("submission.no_form_id", 400, INPUT, mark("What was sent does not say which form it belongs to. Keep it on the tablet; tell your coordinator.")),
    _row("submission.id_too_long", 400, INPUT, mark("An identifier in the form is longer than {limit} characters. Keep it on the tablet; tell your coordinator.")),
    _row("submission.too_large", 413, INPUT, mark("What was sent is larger than this server takes ({limit_bytes} bytes). Tell your coordinator.")),
    _row("submission.doctype", 400, INPUT, mark("What was sent holds XML declarations (DOCTYPE) that a form never has, so it was not taken.")),
    _row("submission.encoding", 400, INPUT, mark("The text encoding of what was sent is not readable. Forms are sent as UTF-8. Tell your coordinator.")),
    _row("submission.multipart", 400, INPUT, mark("What was sent arrived cut off or out of shape. Send it again when the connection is better.")),
    _row("submission.no_file", 400, INPUT, mark("The part {field} with the form's answers is missing. Send it again.")),
    _row("submission.no_content", 400, INPUT, mark("The form arrived empty. Send it again.")),
    _row("attachment.name", 400, INPUT, mark("The attachment name {name} cannot be used. Keep the form on the tablet and tell your coordinator.")),
    _row("openrosa.version", 400, INPUT, mark("This address speaks OpenRosa: the request needs the header X-OpenRosa-Version: 1.0.")),
    _row("auth.needed", 401, INPUT, mark("Sign in first: check the user name and password in the tablet's server settings.")),
    _row("auth.failed", 401, INPUT, mark("The user name or the password is not right. Check them and try again.")),
    _row("project.name", 400, INPUT, mark("A consultation needs a name of at most {limit} characters.")),
    _row("project.name_differs", 400, INPUT, mark("What was typed is not the name of this consultation ({name}). Nothing was deleted.")),
    _row("people.last_admin", 409, INPUT, mark("{name} is the last administrator who can sign in. Make somebody else administrator first, or nobody could let anybody in again.")),
    _row("tablet.names", 400, INPUT, mark("Write at least one name, and at most {most}, one a line, each of at most {limit} characters. Nothing was added.")),
    _row("tablet.setting", 400, INPUT, mark("ODK Collect has no such setting: {value}. The code below holds the usual ones.")),
    _row("tablet.lock", 400, INPUT, mark("Locked settings need a password of at most {limit} characters. The code below holds the usual settings.")),
    _row("sync.schedule", 400, INPUT, mark("{value} is no time between two exchanges. Choose one of the list; nothing was changed.")),
    _row("sync.broke", 500, UNREACHED, mark("The exchange with {name} broke. What was done is kept; try again. If it stays so, give the hub's log to whoever helps you.")),
    _row("device.archive", 400, INPUT, mark("This is not a zip file, or it is damaged or too large unpacked (more than {limit_bytes} bytes). Pack the tablet's folder again. Nothing was taken.")),
    _row("bundle.none_chosen", 400, INPUT, mark("No file was chosen. Choose one and try again; nothing was changed.")),
    _row("review.no_state", 400, INPUT, mark("There is no such decision. Choose one of the list; nothing was changed.")),
    _row("review.none_ticked", 400, INPUT, mark("Nothing was ticked. Go back, tick those that you mean, and decide again.")),
    _row("review.nothing_to_undo", 409, INPUT, mark("There is nothing to undo any more. Single decisions are changed on the page of the submission.")),
    _row("answers.not_here", 404, INPUT, mark("The answers themselves have not come to this hub yet: only word of them has. They follow with the next exchange.")),
    _row("answers.unreadable", 400, INPUT, mark("What the tablet sent cannot be read as answers ({why}). It is kept as it came.")),
    _row("answers.encrypted", 403, INPUT, mark("These answers are encrypted. They are read in an export, with the passphrase of the consultation.")),
    _row("answers.no_form", 404, INPUT, mark("The form's version {version} is not here, so its questions are not known. The answers are kept as they came.")),
    _row("comment.empty", 400, INPUT, mark("The comment is empty. Write something, then save it.")),
    _row("withdrawal.not_sure", 400, INPUT, mark("Nothing was withdrawn. Tick the box if you are sure: it cannot be undone.")),
    _row("backup.passphrase", 400, INPUT, mark("A backup needs a passphrase of at least {least} characters, the same in both fields. Nothing was made.")),
    _row("door.fixed", 409, INPUT, mark("This hub was started with the address {host}, so a page cannot open or shut it. Start it without --host for that.")),
    _row("door.none", 409, INPUT, mark("This hub is served by another program, which decides who reaches it. Ask whoever set it up.")),
    _row("auth.paused", 429, INPUT, mark("A wrong password was given too often. Wait {minutes} minutes, then try again. Whoever is signed in, and tablets with a QR code, go on as before.")),
    _row("second.needed", 401, INPUT, mark("This account has a second factor: give the six digits that the app on your phone shows, as well as the password.")),
    _row("second.wrong", 401, INPUT, mark("The code is not right, or it was used already. Wait for the next one, or use a recovery code.")),
    _row("second.ended", 401, INPUT, mark("Too much time has passed since the password was given. Sign in again.")),
    _row("second.session", 401, INPUT, mark("This account has a second factor, so programs and tablets cannot sign in with its password alone. Use an account of their own for them.")),
    _row("auth.token", 403, INPUT, mark("This tablet's access is no longer valid. Ask your coordinator for a new QR code.")),
    _row("auth.rights", 403, INPUT, mark("You do not have access to this form. Ask your coordinator for it.")),
    _row("not_found.project", 404, INPUT, mark("The project {project} does not exist here. Check the address in the tablet's server settings.")),
    _row("not_found.form", 404, INPUT, mark("The form {form_id} is not in this project. Refresh the tablet's list of forms.")),
    _row("hub.busy", 503, UNREACHED, mark("The server could not store anything just now. Your form is safe on the tablet; send it later.")),
)

_HUB = (
    _row("data.not_a_hub", 500, INPUT, mark("{path} holds no hub. Make one with `samleng init`, or name another folder with --data.")),
    _row("data.exists", 409, INPUT, mark("{path} already holds a hub. Name another folder with --data.")),
    _row("data.newer", 500, INPUT, mark("{path} was written by a newer Samleng. Install that version or a newer one, then try again.")),
    _row("data.in_use", 409, INPUT, mark("Another program is using the data folder {path}. Stop it, then try again.")),
    _row("data.damaged", 500, DAMAGED, mark("Damaged data was found: {count} items, listed above. Restore them from a backup or another hub.")),
    _row("setting.unknown", 500, INPUT, mark("There is no setting {name}. Check its spelling.")),
    _row("setting.invalid", 500, INPUT, mark("The setting {name} cannot be {value}. Expected: {expected}.")),
    _row("port.taken", 500, INPUT, mark("Cannot listen on {host} port {port}: another program has it. Choose another with --port.")),
    _row("file.unreadable", 400, INPUT, mark("The file {path} cannot be read: {reason}. Check that it exists and that you may open it.")),
    _row("file.unwritable", 400, INPUT, mark("The file {path} cannot be written: {reason}. Check the folder and the free space.")),
    _row("seal.needed", 400, INPUT, mark("The file {path} is sealed with a passphrase. Give it with --passphrase-stdin, or when you are asked.")),
    _row("seal.passphrase", 400, INPUT, mark("The passphrase does not open the file. Check it and try again; nothing was changed.")),
    _row("seal.damaged", 400, DAMAGED, mark("The sealed file is damaged or cut off, so nothing was taken from it. Fetch it again.")),
    _row("file.exists", 409, INPUT, mark("The file {path} already exists and was left as it is. Name another file.")),
    _row("email.taken", 409, INPUT, mark("A user with the email address {email} already exists. Use another address.")),
    _row("email.invalid", 400, INPUT, mark("{email} is not an email address. Check its spelling.")),
    _row("password.short", 400, INPUT, mark("The password is too short. Use at least {minimum} characters.")),
    _row("password.long", 400, INPUT, mark("The password is too long. Use at most {maximum} bytes; a Khmer letter takes three.")),
    _row("reset.ended", 403, INPUT, mark("This link was used, or has run out. Ask your administrator for a new one.")),
    _row("role.unknown", 400, INPUT, mark("There is no role {role}. Roles are: {roles}.")),
    _row("user.unknown", 404, INPUT, mark("There is no user {email}. Check the spelling, or add the user with `samleng user add`.")),
    _row("project.unknown", 404, INPUT, mark("There is no project {project} on this hub. Check its number or name.")),
    _row("project.needed", 400, INPUT, mark("More than one project would fit. Say which with --project.")),
    _row("form.unknown", 404, INPUT, mark("There is no form {form_id} in this project. Check its spelling.")),
    _row("form.invalid", 400, NOTHING, mark("The form {path} has errors: {reason}. Mend them, then try again.")),
    _row("upload.no_form", 400, INPUT, mark("No file with a form was chosen, or it is empty. Choose the workbook (.xlsx) and send it again. Nothing was changed.")),
    _row("upload.no_files", 400, INPUT, mark("No file was chosen, or all are empty. Nothing was changed.")),
    _row("upload.no_choice", 400, INPUT, mark("Choose at least one form. Nothing was changed.")),
    _row("form.id_back", 409, INPUT, mark("Another form bears the id {form_id} by now, so this one stays in the trash. Put that one into the trash first. Nothing was changed.")),
    _row("form.id_taken", 409, INPUT, mark("A form with the id {form_id} is in this consultation already. Open it in the list and bring this workbook there, as its next version. Nothing was changed.")),
    _row("form.other_id", 409, INPUT, mark("The workbook's form id is {form_id}, but this form's is {expected}. Correct form_id on the settings sheet, or add it as a form of its own. Nothing was changed.")),
    _row("form.changed", 409, INPUT, mark("{name} changed this form while you looked at it. Nothing of yours was done: look at how it is now, then decide again.")),
    _row("form.version", 400, INPUT, mark("Give the version a name of 1 to {limit} characters, such as {suggested}.")),
    _row("form.no_draft", 404, INPUT, mark("This form has no draft any more: it was published or discarded meanwhile.")),
    _row("po.no_workbook", 409, INPUT, mark("This version was not made from an .xlsx workbook, so it has no texts that could be taken out and put back.")),
    _row("po.language", 400, INPUT, mark("The form has no texts in the language {language}.")),
    _row("po.too_large", 413, INPUT, mark("The catalogue is larger than {limit_bytes} bytes. Nothing was changed.")),
    _row("po.none", 400, INPUT, mark("{name} holds no texts of the form {form_id}. Take the form's catalogue from this page, translate, and bring it back. Nothing was changed.")),
    _row("po.nothing_new", 409, INPUT, mark("{name} has nothing for cells that are blank or old. Translations that stand in the workbook stay; nothing was changed.")),
    _row("tablet.unknown", 404, INPUT, mark("There is no tablet {name} in the project {project}. Check its spelling, or add it with `samleng tablet add`.")),
    _row("tablet.revoked", 409, INPUT, mark("The access of the tablet {name} was ended. Add it anew with `samleng tablet add`.")),
    _row("format.unknown", 400, INPUT, mark("The format {format} is not known. Known formats: {formats}.")),
    _row("search.empty", 400, INPUT, mark("There is no word to look for. Write one or several words, in Khmer or in other letters.")),
    _row("search.off", 409, INPUT, mark("This hub keeps no consultation database, so there is nothing to look in. Set `consultation` to on in config.toml.")),
    _row("export.reason", 400, INPUT, mark("The export {profile} shows people as they are. Say why with --reason; it is kept in the ledger. Nothing was exported.")),
    _row("export.reason_long", 400, INPUT, mark("The reason is longer than {limit} characters. Say it shorter.")),
    _row("export.unknown", 404, INPUT, mark("There is no export {export} of this form, or its file is gone. Make it again.")),
    _row("export.not_ready", 409, INPUT, mark("The export {export} is not finished. Ask again later.")),
    _row("export.province", 400, INPUT, mark("No province is called {province} here. Name one by its code or by its name in Khmer or English, or write “unknown”. Nothing was exported.")),
    _row("export.facilitator", 400, INPUT, mark("No tablet's user is called {facilitator} here. Check the spelling of the name, or give the number. Nothing was exported.")),
    _row("privacy.level", 400, INPUT, mark("{name} cannot be kept as {level}. What can be set: {names}. Levels: {levels}. Nothing was changed.")),
    _row("public.k", 400, INPUT, mark("A public export hides groups below {least}, and {k} was asked for. Below 11 nothing is published; and a form stays with the number of its first public export, because two exports with different numbers would give people away.")),
    _row("public.filter", 400, INPUT, mark("A public export can be limited to provinces, and by nothing else: two exports that differ by a few people would give them away.")),
    _row("first.name", 400, INPUT, mark("The hub needs a name of 1 to {limit} characters, such as that of its province. Nothing was made yet.")),
    _row("first.passwords", 400, INPUT, mark("The two passwords differ. Type the same one twice. Nothing was made yet.")),
    _row("first.project", 400, INPUT, mark("Forms are published in a consultation: give it a name, or choose no form. Nothing was made yet.")),
    _row("first.elsewhere", 403, INPUT, mark("This hub is not set up yet. Open this address in a browser on the hub's own computer.")),
    _row("public.elsewhere", 409, INPUT, mark("Another hub publishes this project: the one that made it. If two hubs published the same people apart, the difference would give some of them away.")),
    _row("public.missing", 409, UNREACHED, mark("Figures that were published before have not arrived on this hub yet. Sync, then try again.")),
    _row("public.again", 409, INPUT, mark("Another public export of this form was made just now. Try again.")),
    _row("export.option_unknown", 400, INPUT, mark("There is no option {option}. Options are: {options}. Nothing was exported.")),
    _row("export.option", 400, INPUT, mark("{option} cannot be {value}. It can be: {allowed}. Nothing was exported.")),
)

_DEVICE = (
    _row("folder.unreadable", 400, INPUT, mark("The folder {path} cannot be read: {reason}. Check that it exists and that you may open it.")),
    _row("device.no_list", 400, NOTHING, mark("The tablet's list of forms (metadata/instances.db) was not copied, so nobody can tell whether this one is finished. Copy it too, or use --unconfirmed.")),
    _row("device.list_damaged", 400, NOTHING, mark("The tablet's list of forms (metadata/instances.db) is damaged, so nobody can tell whether this one is finished. Copy it again, or use --unconfirmed.")),
    _row("device.not_listed", 400, NOTHING, mark("The tablet's list of forms does not name this one, so nobody can tell whether it is finished. Look at it, then use --unconfirmed.")),
    _row("device.not_complete", 400, NOTHING, mark("Briefcase does not say that this form is finished: it may be a tablet's draft. Look at it, then use --unconfirmed.")),
    _row("device.not_copied", 400, NOTHING, mark("It is finished on the tablet and not sent yet, but it was not copied. Copy the tablet's folder again.")),
    _row("device.no_answers", 400, NOTHING, mark("There are no answers in this folder, or more than one file that could be them. Copy it from the tablet again.")),
    _row("form.nowhere", 404, INPUT, mark("No project here has the form {form_id}. If it belongs here, say in which project with --project.")),
)

_EXCHANGE = (
    _row("hub.unknown", 404, INPUT, mark("This hub knows no hub {name}. Add it by its card with `samleng hub add`.")),
    _row("hub.known", 409, INPUT, mark("A hub {name} with another key is already known here. Remove it first, or rename this one.")),
    _row("hub.itself", 400, INPUT, mark("This is the card of this hub itself. Use the card of the other hub.")),
    _row("hub.credential_wrong", 403, INPUT, mark("The hub {name} did not prove who it is. Pair the two hubs anew with `samleng hub pair`.")),
    _row("card.invalid", 400, INPUT, mark("{path} is not a hub's card. Ask the other hub for a new one, made with `samleng hub card`.")),
    _row("bundle.not_a_bundle", 400, INPUT, mark("This file is not a bundle. Check that it is the right one.")),
    _row("bundle.not_for_us", 400, INPUT, mark("The bundle is for another hub ({hub}). Take it there, or ask for one for this hub.")),
    _row("bundle.sender_unknown", 400, INPUT, mark("The bundle comes from a hub not known here ({hub}). Add that hub by its card first.")),
    _row("bundle.damaged", 400, DAMAGED, mark("The bundle is damaged. What could be read safely is kept; copy the file again and read it again.")),
    _row("bundle.cut", 400, DAMAGED, mark("The bundle ends too early, after {frame} parts. These are kept; copy the file again and read it again.")),
    _row("bundle.newer", 400, INPUT, mark("The bundle was written by a newer Samleng. Update this hub, then read it again.")),
    _row("bundle.nothing", 400, NOTHING, mark("There is nothing that the hub {name} is not known to hold already. No bundle was written.")),
    _row("bundle.split_too_small", 400, INPUT, mark("A file of a split bundle needs room for at least {least_bytes} bytes. Choose a larger size.")),
    _row("bundle.basis_missing", 409, DAMAGED, mark("The bundle leans on entries that are not held here. Ask the other hub to send it again.")),
    _row("receipt.invalid", 400, DAMAGED, mark("The receipt was changed on its way, or is not of the hub that it names. Nothing was changed.")),
    _row("entry.too_large", 400, DAMAGED, mark("An entry of {size_bytes} bytes is larger than any that a hub writes. It was not taken.")),
    _row("entry.not_json", 400, DAMAGED, mark("An entry cannot be read. It was not taken. Ask the other hub to send it again.")),
    _row("entry.not_an_entry", 400, DAMAGED, mark("Something among the entries is no entry. It was not taken. Check where it comes from.")),
    _row("entry.not_canonical", 400, DAMAGED, mark("An entry was changed on its way. It was not taken. Ask the other hub to send it again.")),
    _row("blob.missing", 404, DAMAGED, mark("The content {sha256} is not held here. Restore it from a backup, or from a hub that holds it.")),
    _row("sync.under_way", 409, INPUT, mark("An exchange with {name} is under way already. Wait until it is done; nothing was changed.")),
    _row("peer.unreachable", 502, UNREACHED, mark("The hub {name} could not be reached. What was done is kept; try again later.")),
    _row("peer.ended", 403, INPUT, mark("The hub {name} no longer knows this one: its coordinator has ended the pair. Ask there, or end it here too.")),
    _row("peer.no_address", 400, INPUT, mark("No address is known of the hub {name}. Give its address under Hubs, or with `samleng hub add FILE --url URL`.")),
    _row("peer.not_the_hub", 502, UNREACHED, mark("What answers at the address of {name} is not that hub. Nothing was exchanged. Check the address, and whether this network asks you to sign in.")),
    _row("peer.not_a_hub", 502, UNREACHED, mark("What answered is no hub, or something on the way spoiled it (status {status}). Nothing was lost; try again.")),
    _row("peer.newer", 400, INPUT, mark("The hub {name} runs a newer Samleng, which speaks otherwise. Update this hub, then sync again.")),
    _row("link.spoils", 409, UNREACHED, mark("What goes to and comes from the hub {name} is changed on the way, again and again. What was done is kept; try over another link, or bring a bundle.")),
    _row("peer.refused", 409, INPUT, mark("The hub {name} refused: {reason}. What was done is kept; look at the log there.")),
    _row("ask.invalid", 403, INPUT, mark("What was asked was not signed by a hub that is known here. Pair the two hubs again.")),
    _row("reply.invalid", 502, UNREACHED, mark("What was answered was not signed by the hub that was asked. Nothing was changed.")),
    _row("upload.unknown", 404, INPUT, mark("There is no upload {name}. Begin it again.")),
    _row("upload.unnamed", 400, INPUT, mark("The upload gives itself no name. Upload-Metadata must hold a batch of 8 to 64 small letters, digits and hyphens.")),
    _row("upload.header", 400, INPUT, mark("The header {header} must be a whole number.")),
    _row("upload.type", 415, INPUT, mark("Bytes of an upload have the type application/offset+octet-stream.")),
    _row("upload.offset", 409, INPUT, mark("The upload goes on at byte {offset}.")),
    _row("upload.busy", 423, INPUT, mark("Bytes of this upload are just being written. Ask how far it is, and go on from there.")),
    _row("upload.too_large", 413, INPUT, mark("The upload is larger than the {limit_bytes} bytes allowed here.")),
    _row("peer.answer_too_large", 502, UNREACHED, mark("What {name} answered is larger than any answer of a hub. Check the address.")),
)

_PAIRING = (
    _row("pair.code_invalid", 400, INPUT, mark("This is not a pairing code. A code is ten letters and digits in two groups, as the other hub shows it.")),
    _row("pair.code_wrong", 403, INPUT, mark("The code is not right. Compare it with what the other hub shows, and try again; after five wrong ones the offer ends.")),
    _row("pair.link_invalid", 400, INPUT, mark("This is not the link of an offer to pair. Copy it again from the other hub, or use its code and its address.")),
    _row("pair.url_needed", 400, INPUT, mark("Say where the other hub can be reached, such as http://192.168.1.10:8383 (--url on the command line).")),
    _row("pair.url_invalid", 400, INPUT, mark("{url} is not an address of a hub. It begins with http:// or https://.")),
    _row("pair.none", 404, INPUT, mark("The other hub has no offer to pair. Make one there, under Hubs or with `samleng hub pair`.")),
    _row("pair.expired", 410, INPUT, mark("The offer to pair is over: its time has passed, or a newer one took its place. Ask for a new one.")),
    _row("pair.used", 409, INPUT, mark("The offer to pair was used already; each is good for one hub, once. If it was not you, look at the list of hubs on the one that made it. Ask for a new one.")),
    _row("pair.tries", 403, INPUT, mark("The offer to pair was ended after too many wrong codes. Make a new one on the other hub, under Hubs or with `samleng hub pair`.")),
    _row("pair.name_taken", 409, INPUT, mark("The other hub knows another hub by the name {name}. Its coordinator must remove that one first.")),
    _row("pair.not_understood", 400, INPUT, mark("What the other side said was damaged, or is not for this hub. Nothing was changed. Try again.")),
    _row("pair.answer_wrong", 502, INPUT, mark("What answers at {url} does not prove that it made this offer. Nothing was changed here. Check the address.")),
    _row("pair.other_hub", 502, INPUT, mark("At {url} answers another hub than the one that made this offer. Nothing was changed. Check the address.")),
    _row("pair.not_a_hub", 502, INPUT, mark("No hub that can be paired with answers at {url}. Check the address; the other hub may need an update.")),
    _row("pair.newer", 400, INPUT, mark("The other hub was set up by a newer Samleng. Update this hub, then try again.")),
    _row("pair.file_invalid", 400, INPUT, mark("This is not a file for pairing, or it was changed on its way. Ask for a new one.")),
    _row("pair.foreign", 400, INPUT, mark("This reply is for another hub, or for an offer that was not made here. Take it to the hub that made the offer.")),
    _row("pair.out", 400, INPUT, mark("{path} must end in .png for a picture of the code, or in .json for a file to hand over.")),
    _row("picture.no_code", 400, NOTHING, mark("There is no code of an offer in the picture {path}. Take it again: whole, sharp and from the front.")),
)

_REPORTS = (
    _row("quota.unreadable", 400, INPUT, mark("The quotas in {path} cannot be read. It must be a CSV file in UTF-8 or a workbook (.xlsx).")),
    _row("quota.columns", 400, INPUT, mark("The first row of {path} must name the column target and at least one of province, group and sex. The columns are: {columns}.")),
    _row("quota.row", 400, INPUT, mark("{path}, row {row}: “{value}” is not a province of Cambodia, or not a target above 0.")),
    _row("report.out", 400, INPUT, mark("{path} must end in .html or .pdf.")),
)

_DECISIONS = (
    _row("submission.unknown", 404, INPUT, mark("There is no submission {instance_id} in the form {form_id}. Check the id.")),
    _row("submission.withdrawn", 409, NOTHING, mark("The submission {instance_id} was withdrawn already.")),
    _row("withdrawal.reason", 400, INPUT, mark("The reason is too long: at most {limit} characters. Write no personal data into it.")),
    _row("conflict.none", 409, NOTHING, mark("There is nothing to decide between versions of {instance_id}. Somebody may have done it already.")),
    _row("conflict.version", 400, INPUT, mark("{name} is none of the versions in question. These are: {versions}.")),
    _row("conflict.same_id", 400, INPUT, mark("More than one version bears the id {instance_id}. Name the one that you mean by its SHA-256: {versions}.")),
    _row("conflict.unread", 409, INPUT, mark("The answers of {instance_id} have not all come here yet. Decide once they are here, or pick one version.")),
    _row("conflict.file", 409, INPUT, mark("Two answers name different files {name}, so they cannot stand side by side. Take both from one version.")),
    _row("conflict.decision", 400, INPUT, mark("Say one thing: {options}.")),
    _row("conflict.not_decided", 409, NOTHING, mark("There is no decision between versions of {instance_id} that could be taken back.")),
    _row("conflict.undecided", 409, INPUT, mark("Versions of {instance_id} stand against each other. First decide which one stands.")),
    _row("conflict.changed", 409, NOTHING, mark("Somebody else decided, or another version came, since this page was shown. Nothing of yours was done: here is how it is now.")),
    _row("conflict.nothing_chosen", 400, INPUT, mark("Nothing was chosen. Choose a side, or answers, then decide.")),
    _row("parked.unknown", 404, INPUT, mark("Nothing is set aside under {id}. Look at the list again: somebody may have decided it.")),
    _row("parked.waits", 409, NOTHING, mark("What is set aside under {id} waits for its form, form version or original. It goes in by itself once that arrives.")),
)
# fmt: on

# What the system says of a file (OSError.strerror), as far as a person can do something about it.
SYSTEM_REASONS = (
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Is a directory"),
    mark("Not a directory"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("Input/output error"),
)

# What forms/ says of workbooks and instances is told by the hub as well. Where a row above has the same code,
# an enumerator reads it on a tablet and it says what to do, so it stands.
_FORMS = (
    _row(code, 400, NOTHING if code.startswith("xlsform.") else INPUT, text)
    for code, text in MESSAGES.items()
)

FAULTS: dict[str, FaultRow] = dict(
    (*_FORMS, *_TABLET, *_HUB, *_DEVICE, *_EXCHANGE, *_PAIRING, *_REPORTS, *_DECISIONS)
)
